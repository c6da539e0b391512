"""What the API takes and gives."""

import datetime
from typing import Annotated, Literal
from uuid import UUID

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, Field, SecretStr, StringConstraints

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
        raise ValueError(str(error)) from None
    return checked.normalized.lower()


Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_email)]

# The upper bound keeps one request from buying minutes of hashing.
Password = Annotated[SecretStr, Field(min_length=8, max_length=128)]

# No control characters: PostgreSQL refuses NUL in text, and none of them is part of a name.
Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]

Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)]

DEFAULT_COLOR = "#4f46e5"

# Far beyond any real habit; leaves room for date arithmetic at both ends.
Day = Annotated[datetime.date, Field(ge=datetime.date(1970, 1, 1), le=datetime.date(2999, 12, 31))]


class Credentials(BaseModel):
    """What logging in takes. Any password may be tried: the rules are for new ones."""

    email: Email
    password: Annotated[SecretStr, Field(max_length=128)]


class Registration(BaseModel):
    """What a new account takes."""

    email: Email
    password: Password


class UserPublic(BaseModel):
    """An account as its owner sees it."""

    id: UUID
    email: str


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


class HabitUpdate(BaseModel):
    """A change to a habit; what is left out stays."""

    name: Name | None = None
    color: Color | None = None


class HabitPublic(BaseModel):
    """A habit with its progress, as of the day that the caller calls today."""

    id: UUID
    name: str
    color: str
    created_at: datetime.datetime
    checked_today: bool
    streak: int
    checkins: list[datetime.date]
    """The checked days of the last 30, ascending."""


class CheckInPublic(BaseModel):
    """A day on which a habit was done."""

    habit_id: UUID
    date: datetime.date


class ChatTurn(BaseModel):
    """Something said earlier in the conversation."""

    role: Literal["user", "assistant"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=8000)]


class ChatRequest(BaseModel):
    """A message for the chatbot. The caller keeps the conversation and sends it along."""

    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    history: Annotated[list[ChatTurn], Field(max_length=50)] = []
    today: Day | None = None


class ChatAction(BaseModel):
    """A change that the chatbot made, so that a client knows what to reload."""

    tool: str
    habit: str
    """The habit's name."""


class ChatReply(BaseModel):
    """The chatbot's answer and what it changed on the way."""

    reply: str
    actions: list[ChatAction]
