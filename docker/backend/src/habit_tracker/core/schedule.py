"""When a habit is due, and how much of it. Immutable: they are part of a cache's key."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StringConstraints,
    TypeAdapter,
)

DAYS_A_WEEK = 7

Weekday = Annotated[StrictInt, Field(ge=1, le=DAYS_A_WEEK)]
"""ISO 8601: 1 is Monday."""


def weekday_of(day: int) -> int:
    """The ISO weekday of a day given as `date.toordinal()`: day 1 was a Monday."""
    return (day - 1) % DAYS_A_WEEK + 1


def week_of(day: int, week_start: int) -> int:
    """A number for the week of a day given as `date.toordinal()`.

    `week_start` is the ISO weekday that weeks begin on.
    """
    return (day - week_start) // DAYS_A_WEEK


def first_day_of(week: int, week_start: int) -> int:
    """The first day, as `date.toordinal()`, of a week given as `week_of`."""
    return week * DAYS_A_WEEK + week_start


class Daily(BaseModel):
    """Every day."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["daily"]


class Weekdays(BaseModel):
    """On certain days of the week."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["weekdays"]
    weekdays: Annotated[
        tuple[Weekday, ...],
        Field(min_length=1, max_length=DAYS_A_WEEK, description="ISO weekdays: 1 is Monday."),
        AfterValidator(lambda days: tuple(sorted(set(days)))),
    ]


class Weekly(BaseModel):
    """A number of times a week, on any days; the person's settings say when a week begins."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["weekly"]
    times: Annotated[StrictInt, Field(ge=1, le=DAYS_A_WEEK)]


class Interval(BaseModel):
    """Every so many days, counted from the last time; before the first, from the habit's start."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["interval"]
    days: Annotated[StrictInt, Field(ge=2, le=365)]


AnySchedule = Daily | Weekdays | Weekly | Interval

Schedule = Annotated[AnySchedule, Field(discriminator="kind")]

_SCHEDULE: TypeAdapter[AnySchedule] = TypeAdapter(Schedule)

DAILY = Daily(kind="daily")


def schedule_to_row(schedule: AnySchedule) -> dict[str, Any]:
    """A schedule as it is stored.

    The previous version knows no intervals and would fail on a row that has one; what it ignores
    is a "days" beside "daily", so during a rollout, or after one was taken back, it sees a daily
    habit. Once no version without intervals can come back, rows can say "interval".
    """
    if isinstance(schedule, Interval):
        return {"kind": "daily", "days": schedule.days}
    return schedule.model_dump(mode="json")


def schedule_from_row(row: dict[str, Any]) -> AnySchedule:
    """The schedule that `schedule_to_row` stored."""
    if "days" in row:
        return Interval(kind="interval", days=row["days"])
    return _SCHEDULE.validate_python(row)


MAX_COUNT = 100_000
"""Of a check-in, and so of a goal. Far beyond any real one; sums of them fit everywhere."""


ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
"""No control characters: PostgreSQL refuses NUL in text, and none of them is part of a name."""


class Goal(BaseModel):
    """How much a day takes: 8 glasses at least, 2 coffees at most."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["at_least", "at_most"]
    target: Annotated[StrictInt, Field(ge=1, le=MAX_COUNT)]
    unit: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=20, pattern=ONE_LINE),
        Field(examples=["glasses"]),
    ]

    def is_met(self, count: int) -> bool:
        """Whether a day that was done so many times meets the goal."""
        return count >= self.target if self.kind == "at_least" else count <= self.target
