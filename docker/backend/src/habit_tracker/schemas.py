"""What the API takes and gives."""

import datetime
from typing import Annotated, Any, Literal
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
)

from habit_tracker.core.clock import time_zones
from habit_tracker.core.schedule import DAILY, Schedule

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

# No control characters: PostgreSQL refuses NUL in text, and none of them is part of a name.
Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
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
Count = Annotated[StrictInt, Field(ge=1, le=1000)]


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
    created_at: datetime.datetime


class UserUpdate(BaseModel):
    """A change to an account."""

    time_zone: TimeZone


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
    user: UserPublic


class HabitCreate(BaseModel):
    """A new habit."""

    name: Name
    color: Color = DEFAULT_COLOR
    schedule: Schedule = DAILY


class HabitUpdate(BaseModel):
    """A change to a habit; what is left out or null stays."""

    name: Name | None = None
    color: Color | None = None
    schedule: Schedule | None = None
    archived: StrictBool | None = None


class HabitOrder(BaseModel):
    """Habits in the order that their owner wants; those not named follow in the order they had."""

    ids: Annotated[list[UUID], Field(max_length=500)]


class CheckInData(BaseModel):
    """What is known about a day. Replaces what was known before."""

    status: Status = "done"
    count: Count = 1
    note: Note = ""


class CheckInPublic(CheckInData):
    """A day on which a habit was done or skipped."""

    habit_id: UUID
    date: datetime.date


class HabitPublic(BaseModel):
    """A habit with its progress, as of today in its owner's time zone."""

    id: UUID
    name: str
    color: str
    schedule: Schedule
    position: int
    """Habits are listed by ascending position."""
    archived: bool
    created_at: datetime.datetime
    version: int
    """Changes with every change to the habit itself; also its ETag."""
    due_today: bool
    checked_today: bool
    """Done, that is; a skipped day is not checked."""
    today: CheckInPublic | None
    streak: int
    best_streak: int
    streak_unit: Literal["days", "weeks"]
    rate_30: Annotated[float, Field(ge=0, le=1)]
    score: Annotated[float, Field(ge=0, le=1)]
    checkins: list[datetime.date]
    """The done days of the last 30, ascending."""


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


class ExportedCheckIn(CheckInData):
    """A check-in in an export."""

    date: Day


class ExportedHabit(BaseModel):
    """A habit in an export, with all its check-ins."""

    id: UUID | None = None
    """Since version 2: by it an import finds a habit that has another name by now."""
    name: Name
    color: Color = DEFAULT_COLOR
    schedule: Schedule = DAILY
    archived: StrictBool = False
    created_at: Annotated[
        AwareDatetime,
        BeforeValidator(_iso),
        Field(
            ge=datetime.datetime(FIRST_YEAR, 1, 1, tzinfo=datetime.UTC),
            le=datetime.datetime(LAST_YEAR, 12, 31, tzinfo=datetime.UTC),
        ),
    ]
    checkins: Annotated[list[ExportedCheckIn], Field(max_length=40_000)] = []


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


class ChatRequest(BaseModel):
    """A message for the chatbot; the server keeps the conversation."""

    message: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True,
            min_length=1,
            max_length=2000,
            pattern=r"^[^\x00]*$",
        ),
        Field(examples=["I ran 5 km today. How is my streak?"]),
    ]


class ChatAction(BaseModel):
    """A change that the chatbot made, so that a client knows what to reload."""

    tool: str
    habit: str
    """The habit's name."""
    habit_id: UUID


class Confirmation(BaseModel):
    """Something that the chatbot does only after the user has agreed."""

    id: UUID
    tool: str
    habit: str
    habit_id: UUID


class ConfirmationAnswer(BaseModel):
    """Whether to go ahead."""

    accept: StrictBool


class ChatReply(BaseModel):
    """The chatbot's answer, what it changed on the way, and what it asks leave for."""

    reply: str
    actions: list[ChatAction]
    confirmation: Confirmation | None = None


class ChatMessagePublic(BaseModel):
    """Something said in the conversation."""

    id: int
    role: Literal["user", "assistant"]
    text: str
    actions: list[dict[str, Any]]
    created_at: datetime.datetime
