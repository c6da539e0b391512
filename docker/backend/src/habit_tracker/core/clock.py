"""What today is where a user lives."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# Names that some systems add and that mean no place.
_NOWHERE = {"Factory", "localtime"}

EASTERNMOST = "Etc/GMT-14"
"""Where a date begins first on Earth: 14 hours ahead of UTC."""


@cache
def time_zones() -> frozenset[str]:
    """The IANA names that can be used. Reads the zone data once: hundreds of files."""
    return frozenset(available_timezones() - _NOWHERE)


def today_in(time_zone: str, day_ends_at: int = 0) -> date:
    """Today in this zone, for somebody whose days end so many hours after midnight."""
    return date_in(time_zone, datetime.now(UTC), day_ends_at)


def date_in(time_zone: str, moment: datetime, day_ends_at: int = 0) -> date:
    """The date that an aware moment has in this zone, for somebody whose days end so late.

    A zone that this machine's data no longer has counts as UTC: better a day off by hours than an
    account that cannot be used.
    """
    # On the wall clock: a night in which the clocks change ends at the same time as any other.
    return (moment.astimezone(_zone(time_zone)) - timedelta(hours=day_ends_at)).date()


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name if name in time_zones() else "UTC")
