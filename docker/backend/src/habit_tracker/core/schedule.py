"""When a habit is due. Immutable values, so that a schedule can be part of a cache's key."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, TypeAdapter

DAYS_A_WEEK = 7

Weekday = Annotated[StrictInt, Field(ge=1, le=DAYS_A_WEEK)]
"""ISO 8601: 1 is Monday."""


def weekday_of(day: int) -> int:
    """The ISO weekday of a day given as `date.toordinal()`: day 1 was a Monday."""
    return (day - 1) % DAYS_A_WEEK + 1


def week_of(day: int) -> int:
    """A number for the Monday-to-Sunday week of a day given as `date.toordinal()`."""
    return (day - 1) // DAYS_A_WEEK


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
    """A number of times a week, on any days; a week goes from Monday to Sunday."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["weekly"]
    times: Annotated[StrictInt, Field(ge=1, le=DAYS_A_WEEK)]


AnySchedule = Daily | Weekdays | Weekly

Schedule = Annotated[AnySchedule, Field(discriminator="kind")]

SCHEDULE: TypeAdapter[AnySchedule] = TypeAdapter(Schedule)

DAILY = Daily(kind="daily")
