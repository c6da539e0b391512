"""The tables. The API's shapes are in schemas.py, so that a column is never public by accident."""

import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

# Fixed names for constraints: a later migration can drop what it can name.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
METADATA: MetaData = SQLModel.metadata


def _created_at() -> "Column[datetime.datetime]":
    return Column(DateTime(timezone=True), server_default=func.now(), nullable=False)


def _owner() -> "Column[UUID]":
    return Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)


def _moment(*, nullable: bool = False) -> "Column[datetime.datetime]":
    return Column(DateTime(timezone=True), nullable=nullable)


def _about_habit() -> "Column[UUID]":
    return Column(Uuid, ForeignKey("habits.id", ondelete="CASCADE"), nullable=False, index=True)


def _json(default: str) -> "Column[Any]":
    return Column(JSONB, server_default=text(default), nullable=False)


def _optional_json() -> "Column[Any]":
    return Column(JSONB(none_as_null=True), nullable=True)


def _habit() -> "Column[UUID]":
    """Part of a primary key, so that what belongs to a habit is found by its index."""
    return Column(Uuid, ForeignKey("habits.id", ondelete="CASCADE"), primary_key=True)


class User(SQLModel, table=True):
    """An account. Deleting one takes all its data along, in the database itself."""

    __tablename__ = "users"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str = Field(unique=True, max_length=254)
    """Lower case: see schemas.Email."""
    password_hash: str
    time_zone: str = Field(
        default="UTC", max_length=64, sa_column_kwargs={"server_default": text("'UTC'")}
    )
    """IANA name."""
    week_start: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    """The ISO weekday that weeks begin on."""
    day_ends_at: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    """Hours after midnight until which it is still the day before."""
    token_generation: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    """Only tokens of this generation are valid: a new password starts the next one."""
    created_at: datetime.datetime | None = Field(default=None, sa_column=_created_at())


class EndedSession(SQLModel, table=True):
    """A session whose tokens are worth nothing any more, although they have not expired."""

    __tablename__ = "ended_sessions"

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(sa_column=_owner())
    expires_at: datetime.datetime = Field(sa_column=_moment())
    """When the session's last token has expired and this row can go."""


class LoginSession(SQLModel, table=True):
    """A session as its owner sees it in the list. Whether it has ended is in `ended_sessions`."""

    __tablename__ = "sessions"

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(sa_column=_owner())
    created_at: datetime.datetime = Field(sa_column=_moment())
    last_used_at: datetime.datetime = Field(sa_column=_moment())
    """Brought up to date every few minutes only: see accounts.USE_NOTED_EVERY."""
    user_agent: str = Field(max_length=200)


class Habit(SQLModel, table=True):
    """Something that a user wants to do regularly."""

    __tablename__ = "habits"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(sa_column=_owner())
    name: str = Field(max_length=100)
    color: str = Field(max_length=7)
    schedule: dict[str, Any] = Field(sa_column=_json("""'{"kind": "daily"}'"""))
    """As core.schedule.schedule_to_row gives it: the one in force today. See PastRule."""
    goal: dict[str, Any] | None = Field(default=None, sa_column=_optional_json())
    """A core.schedule.Goal, in force today; None for one that is done or not."""
    icon: str | None = Field(default=None, max_length=16)
    position: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    """Ascending; equal ones go by age."""
    archived: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    paused: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Since when, and when before, is in Pause; so it is for archived."""
    deleted_at: datetime.datetime | None = Field(default=None, sa_column=_moment(nullable=True))
    """In the trash since then."""
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    """Counts the changes to the habit itself; check-ins are none."""
    created_at: datetime.datetime | None = Field(default=None, sa_column=_created_at())

    __table_args__ = (
        Index(
            "ix_habits_deleted_at",
            "deleted_at",
            postgresql_where=text("deleted_at IS NOT NULL"),
        ),
    )


class PastRule(SQLModel, table=True):
    """The schedule and goal that a habit had before a change; its own row has the present ones."""

    __tablename__ = "past_rules"

    habit_id: UUID = Field(sa_column=_habit())
    until: datetime.date = Field(primary_key=True)
    """The first day on which they were no longer in force."""
    schedule: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    goal: dict[str, Any] | None = Field(default=None, sa_column=_optional_json())


class Pause(SQLModel, table=True):
    """Days on which a habit was paused, archived or in the trash. Periods may overlap."""

    __tablename__ = "pauses"

    habit_id: UUID = Field(sa_column=_habit())
    first: datetime.date = Field(primary_key=True)
    last: datetime.date | None = None
    """None while it lasts."""


class CheckIn(SQLModel, table=True):
    """A habit done or skipped on a day. The primary key makes checking in twice harmless."""

    __tablename__ = "checkins"

    habit_id: UUID = Field(sa_column=_habit())
    day: datetime.date = Field(primary_key=True)
    status: str = Field(
        default="done", max_length=4, sa_column_kwargs={"server_default": text("'done'")}
    )
    """done or skip."""
    count: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    note: str = Field(default="", max_length=500, sa_column_kwargs={"server_default": text("''")})


class ChatMessage(SQLModel, table=True):
    """Something said in a user's conversation with the chatbot."""

    __tablename__ = "chat_messages"

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    user_id: UUID = Field(sa_column=_owner())
    role: str = Field(max_length=9)
    """user or assistant."""
    text: str
    actions: list[dict[str, Any]] = Field(sa_column=_json("'[]'"))
    calls: list[dict[str, Any]] = Field(default=[], sa_column=_json("'[]'"))
    """Of an answer that failed: the tools that had made a change by then, with their arguments."""
    created_at: datetime.datetime | None = Field(default=None, sa_column=_created_at())


class ChatConfirmation(SQLModel, table=True):
    """Something that the chatbot may do only after the user has agreed to it."""

    __tablename__ = "chat_confirmations"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(sa_column=_owner())
    habit_id: UUID = Field(sa_column=_about_habit())
    tool: str = Field(max_length=40)
    arguments: dict[str, Any] = Field(default={}, sa_column=_json("'{}'"))
    """What the tool needs to know beside the habit."""
    created_at: datetime.datetime | None = Field(default=None, sa_column=_created_at())


class ChatUndo(SQLModel, table=True):
    """A change that the chatbot made, for as long as it can be taken back."""

    __tablename__ = "chat_undos"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(sa_column=_owner())
    habit_id: UUID = Field(sa_column=_about_habit())
    change: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    """A chat_undo.Change."""
    created_at: datetime.datetime | None = Field(default=None, sa_column=_created_at())


class ChatUsage(SQLModel, table=True):
    """How much somebody has used the chatbot today."""

    __tablename__ = "chat_usage"

    user_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    )
    busy_until: datetime.datetime = Field(sa_column=_moment())
    """In the future while an answer is being made."""
    day: datetime.date
    """Of UTC."""
    tokens: int = Field(sa_column=Column(BigInteger, nullable=False))
    """On that day."""
