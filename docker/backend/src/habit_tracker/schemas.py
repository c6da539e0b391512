"""What the API takes and gives."""

import datetime
from itertools import pairwise
from typing import Annotated, Literal, Self
from uuid import UUID

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)

from habit_tracker.core.clock import time_zones
from habit_tracker.core.schedule import DAILY, MAX_COUNT, ONE_LINE, Goal, Schedule, Weekday

# A private cluster has private names: .local, .test and the like are addresses too. Emptying
# this list is the library's documented way to allow them.
SPECIAL_USE_DOMAIN_NAMES.clear()


def _email(value: str) -> str:
    """An address in its normal form, in lower case: one mailbox, one account.

    Only the form is checked, without a DNS query.
    """
    try:
        checked = validate_email(value, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        # core.problems adds the full stop.
        raise ValueError(str(error).removesuffix(".")) from None
    return checked.normalized.lower()


def _time_zone(value: str) -> str:
    if value not in time_zones():
        raise ValueError("it is not an IANA time zone, such as Europe/Berlin")
    return value


Email = Annotated[
    str,
    StringConstraints(max_length=254),
    AfterValidator(_email),
    Field(examples=["ada@example.com"]),
]


def _text(value: SecretStr) -> SecretStr:
    """Refuse half a character (a lone surrogate), as pydantic does for what is no secret."""
    try:
        value.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("it is not valid Unicode") from None
    return value


# The upper bound keeps one request from buying minutes of hashing.
Password = Annotated[
    SecretStr,
    Field(min_length=8, max_length=128, examples=["correct horse battery"]),
    AfterValidator(_text),
]

# Any password may be tried: the rules are for new ones.
PasswordAttempt = Annotated[
    SecretStr,
    Field(max_length=128, examples=["correct horse battery"]),
    AfterValidator(_text),
]

TimeZone = Annotated[
    str,
    StringConstraints(max_length=64),
    AfterValidator(_time_zone),
    Field(description="IANA name; decides what today is.", examples=["Europe/Berlin"]),
]

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=ONE_LINE),
    Field(examples=["Read ten pages"]),
]

# Lines and tabs are fine here.
Note = Annotated[
    str,
    StringConstraints(max_length=500, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"),
    Field(examples=["With Bob, in the park"]),
]

Color = Annotated[
    str,
    StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True),
    Field(examples=["#22c55e"]),
]

DEFAULT_COLOR = "#4f46e5"


def _iso(value: object) -> object:
    """Only ISO 8601: pydantic would take numbers, as text too, for seconds since 1970."""
    if isinstance(value, (int, float)) or (isinstance(value, str) and "-" not in value[1:]):
        raise ValueError("it is not written as in 2026-11-23")
    return value


# Far beyond any real habit; leaves room for date arithmetic at both ends.
FIRST_YEAR, LAST_YEAR = 1970, 2999
Day = Annotated[
    datetime.date,
    BeforeValidator(_iso),
    Field(
        ge=datetime.date(FIRST_YEAR, 1, 1),
        le=datetime.date(LAST_YEAR, 12, 31),
        examples=["2026-11-23"],
    ),
]

Status = Literal["done", "skip"]

Count = Annotated[
    StrictInt,
    Field(ge=0, le=MAX_COUNT, description="0 only when the habit's goal is at_most."),
]

Icon = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=16, pattern=ONE_LINE),
    Field(description="One emoji.", examples=["💧"]),
]

DayEnd = Annotated[
    StrictInt,
    Field(ge=0, le=6, description="Hours after midnight until which it is still the day before."),
]


class Credentials(BaseModel):
    """What logging in takes."""

    email: Email
    password: PasswordAttempt


class Registration(BaseModel):
    """What a new account takes."""

    email: Email
    password: Password
    time_zone: TimeZone = "UTC"


class UserPublic(BaseModel):
    """An account as its owner sees it."""

    id: UUID
    email: str
    time_zone: str
    week_start: Weekday
    """The ISO weekday that weeks begin on: 1 is Monday."""
    day_ends_at: DayEnd
    created_at: datetime.datetime


class UserUpdate(BaseModel):
    """A change to an account; what is left out or null stays."""

    time_zone: TimeZone | None = None
    week_start: Weekday | None = None
    day_ends_at: DayEnd | None = None


class PasswordChange(BaseModel):
    """The old password proves who is asking; a stolen session is not enough."""

    current_password: PasswordAttempt
    new_password: Password


class AccountDeletion(BaseModel):
    """The password once more: this cannot be undone."""

    password: PasswordAttempt


class SessionPublic(BaseModel):
    """A bearer token and whom it is for."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a scheme, not a secret
    expires_in: int
    """Seconds."""
    device_token: str | None = None
    """After a login or a registration: to be kept by this browser, also beyond the session, and
    sent with the next login as X-Device-Token. Guesses from elsewhere then do not lock it out."""
    user: UserPublic


class SessionListed(BaseModel):
    """A session that has not ended."""

    id: UUID
    created_at: datetime.datetime
    last_used_at: datetime.datetime
    """To within ten minutes."""
    user_agent: str
    """The browser's own words about itself, at most 200 characters."""
    current: bool
    """Whether this is the session that asks."""


class HabitCreate(BaseModel):
    """A new habit."""

    name: Name
    color: Color = DEFAULT_COLOR
    icon: Icon | None = None
    schedule: Schedule = DAILY
    goal: Goal | None = None


class HabitUpdate(BaseModel):
    """A change to a habit. What is left out stays; null takes icon or goal away.

    A new schedule or goal applies from today: the past is judged by those in force then.
    """

    name: Name | None = None
    color: Color | None = None
    icon: Icon | None = None
    schedule: Schedule | None = None
    goal: Goal | None = None
    archived: StrictBool | None = None
    paused: StrictBool | None = None


class HabitOrder(BaseModel):
    """Habits in the order that their owner wants; those not named follow in the order they had."""

    ids: Annotated[list[UUID], Field(max_length=500)]


class CheckInData(BaseModel):
    """What is known about a day. Replaces what was known before."""

    status: Status = "done"
    count: Count = 1
    note: Note = ""


class CheckInUpdate(BaseModel):
    """A change to a day; what is left out or null stays as it is.

    A day without a check-in gets one: done, once, without a note, unless this says otherwise.
    """

    status: Status | None = None
    count: Count | None = None
    note: Note | None = None
    add: Annotated[StrictInt, Field(ge=-MAX_COUNT, le=MAX_COUNT)] | None = None
    """More or less than the count that is there, instead of a count."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.count is not None and self.add is not None:
            raise ValueError("count and add exclude each other: give one of them")
        return self


class CheckInPublic(CheckInData):
    """A day on which a habit was done or skipped."""

    habit_id: UUID
    date: datetime.date


Share = Annotated[float, Field(ge=0, le=1)]


class HabitPublic(BaseModel):
    """A habit with its progress, as of today in its owner's time zone."""

    id: UUID
    name: str
    color: str
    icon: str | None
    schedule: Schedule
    goal: Goal | None
    position: int
    """Habits are listed by ascending position."""
    archived: bool
    paused: bool
    created_at: datetime.datetime
    version: int
    """Changes with every change to the habit itself; also its ETag."""
    due_today: bool
    checked_today: bool
    """Done, and its goal met; a skipped day is not checked."""
    today: CheckInPublic | None
    streak: int
    best_streak: int
    streak_unit: Literal["days", "weeks", "times"]
    """Times are those of an interval."""
    rate_30: Share | None
    """null when nothing was due."""
    score: Share
    checkins: list[datetime.date]
    """The days of the last 30 on which it was done and its goal met, ascending."""
    skips: list[datetime.date]
    """The days of the last 30 that were skipped, ascending."""


class TodayPublic(BaseModel):
    """What is due today, and what was checked in today."""

    date: datetime.date
    time_zone: str
    habits: list[HabitPublic]


class HeatmapDay(BaseModel):
    """A day with a check-in."""

    date: datetime.date
    status: Status
    count: int


class Heatmap(BaseModel):
    """A calendar year of check-ins; days without one are left out."""

    year: int
    days: list[HeatmapDay]


class Totals(BaseModel):
    """All that was ever recorded."""

    done: int
    """Days that met the goal."""
    skipped: int
    count: int
    """Everything that was counted on days that were done, whether it met the goal or not."""


class Tally(BaseModel):
    """What was done of what was due."""

    done: int
    due: int
    rate: Share | None
    """null when nothing was due."""


class WeekdayTally(Tally):
    """A weekday in the last 12 months. A habit without fixed days could be done on any."""

    weekday: Weekday


class MonthTally(Tally):
    """A calendar month: the days, weeks or intervals that ended in it."""

    month: Annotated[str, Field(examples=["2026-11"])]
    count: int


class ScorePoint(BaseModel):
    """The score at the end of a week, or today in the present one."""

    date: datetime.date
    """The week's first day."""
    score: Share


class Stats(BaseModel):
    """How a habit has gone over time."""

    totals: Totals
    weekdays: list[WeekdayTally]
    """All seven, from Monday."""
    best_weekday: Weekday | None
    """The one with the highest rate; null when nothing was done."""
    months: list[MonthTally]
    """The last 12, ascending."""
    scores: list[ScorePoint]
    """At most the last 52 weeks, ascending, since the habit's first."""


class TrashedHabit(BaseModel):
    """A habit in the trash."""

    id: UUID
    name: str
    color: str
    icon: str | None
    deleted_at: datetime.datetime
    purge_at: datetime.datetime
    """When it will be deleted for ever."""


class ExportedCheckIn(CheckInData):
    """A check-in in an export."""

    date: Day


class ExportedRule(BaseModel):
    """A schedule and a goal that were in force from a day on."""

    since: Day | None
    """null for the first ones."""
    schedule: Schedule
    goal: Goal | None = None


class ExportedPause(BaseModel):
    """Days on which a habit rested."""

    first: Day
    last: Day | None
    """null while it lasts."""


class ExportedHabit(HabitCreate):
    """A habit in an export, with all its check-ins."""

    id: UUID | None = None
    """Since version 2: by it an import finds a habit that has another name by now."""
    archived: StrictBool = False
    paused: StrictBool = False
    created_at: Annotated[
        AwareDatetime,
        BeforeValidator(_iso),
        Field(
            ge=datetime.datetime(FIRST_YEAR, 1, 1, tzinfo=datetime.UTC),
            le=datetime.datetime(LAST_YEAR, 12, 31, tzinfo=datetime.UTC),
        ),
    ]
    history: Annotated[list[ExportedRule], Field(max_length=1000)] = []
    """Ascending, the present one last; none when there never was another one."""
    pauses: Annotated[list[ExportedPause], Field(max_length=1000)] = []
    checkins: Annotated[list[ExportedCheckIn], Field(max_length=40_000)] = []

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [rule.since for rule in self.history[1:]]
        if self.history[:1] and self.history[0].since is not None:
            raise ValueError("history: the first rule has no day since which it is in force")
        if None in days or any(a >= b for a, b in pairwise(filter(None, days))):
            raise ValueError("history: each rule is in force since a later day than the one before")
        return self


class Export(BaseModel):
    """A user's habits with all their check-ins, in their order. Made to be imported again."""

    model_config = ConfigDict(title="Export")

    format: Literal["habit-tracker"]
    version: Literal[1, 2]
    habits: Annotated[list[ExportedHabit], Field(max_length=500)]


class Imported(BaseModel):
    """How much an import brought in or brought up to date."""

    habits: int
    checkins: int


class ChatAvailability(BaseModel):
    """Whether there is a chatbot to talk to."""

    available: bool


class ChatRequest(BaseModel):
    """A message for the chatbot; the server keeps the conversation."""

    message: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00]*$"
        ),
        Field(examples=["I ran 5 km today. How is my streak?"]),
    ]


class ChatAction(BaseModel):
    """A change that the chatbot made, so that a client knows what to reload."""

    tool: str
    habit: str
    """The habit's name."""
    habit_id: UUID
    undo: UUID | None = None
    """Takes it back, by POST /chat/undo/{id}; null when that is not possible, or no more."""


class Confirmation(BaseModel):
    """Something that the chatbot does only after the user has agreed."""

    id: UUID
    tool: str
    habit: str
    habit_id: UUID
    date: datetime.date | None = None
    """The day that it is about, if it is about one."""


class ConfirmationAnswer(BaseModel):
    """Whether to go ahead."""

    accept: StrictBool


FinishReason = Literal["stop", "length", "error"]
"""How an answer ended: by itself, cut off because it grew too long, or in the middle of its work,
some of which is done."""


class ChatReply(BaseModel):
    """The chatbot's answer, what it changed on the way, and what it asks leave for."""

    reply: str
    actions: list[ChatAction]
    confirmation: Confirmation | None = None
    finish_reason: FinishReason = "stop"


class ChatMessagePublic(BaseModel):
    """Something said in the conversation."""

    id: int
    role: Literal["user", "assistant"]
    text: str
    actions: list[ChatAction]
    created_at: datetime.datetime
