"""The tables. The API's shapes are in schemas.py, so that a column is never public by accident."""

import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, DateTime, ForeignKey, MetaData, Uuid, func
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


class User(SQLModel, table=True):
    """An account. Deleting one takes its habits and check-ins along, in the database itself."""

    __tablename__ = "users"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str = Field(unique=True, max_length=254)
    """Lower case: see schemas.Email."""
    password_hash: str
    created_at: datetime.datetime | None = Field(default=None, sa_column=_created_at())


class Habit(SQLModel, table=True):
    """Something that a user wants to do every day."""

    __tablename__ = "habits"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(
        sa_column=Column(
            Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True
        )
    )
    name: str = Field(max_length=100)
    color: str = Field(max_length=7)
    created_at: datetime.datetime | None = Field(default=None, sa_column=_created_at())


class CheckIn(SQLModel, table=True):
    """A habit done on a day. The primary key is what makes checking in twice harmless."""

    __tablename__ = "checkins"

    habit_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("habits.id", ondelete="CASCADE"), primary_key=True)
    )
    day: datetime.date = Field(primary_key=True)
