"""What today is where a user lives."""

from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# Names that some systems add and that mean no place.
_NOWHERE = {"Factory", "localtime"}


@cache
def time_zones() -> frozenset[str]:
    """The IANA names that can be used. Reads the zone data once: hundreds of files."""
    return frozenset(available_timezones() - _NOWHERE)


def today_in(time_zone: str, now: datetime | None = None) -> date:
    """The date in this zone, now or at an aware moment `now`.

    A zone that this machine's data no longer has counts as UTC: better a day off by hours than an
    account that cannot be used.
    """
    now = now or datetime.now(UTC)
    return now.astimezone(_zone(time_zone)).date()


def date_in(time_zone: str, moment: datetime) -> date:
    """The date that a moment had in this zone."""
    return moment.astimezone(_zone(time_zone)).date()


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name if name in time_zones() else "UTC")
