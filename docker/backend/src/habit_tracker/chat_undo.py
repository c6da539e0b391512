"""How a change that the chatbot made is taken back, with one tap.

A change is taken back only as long as what it left behind is still there: whatever the person, or
the chatbot, did to it afterwards stays.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter
from sqlmodel import Session, col, delete, select

from habit_tracker import habits, trash
from habit_tracker.core.errors import ConflictError, NotFoundError
from habit_tracker.models import ChatUndo, CheckIn, User
from habit_tracker.schemas import CheckInData, HabitUpdate

LIFETIME = timedelta(hours=24)


class HabitCreated(BaseModel):
    """Taken back by moving it to the trash."""

    kind: Literal["created"] = "created"
    version: int


class HabitChanged(BaseModel):
    """Taken back by giving these fields their earlier values."""

    kind: Literal["changed"] = "changed"
    before: dict[str, Any]
    after: dict[str, Any]
    """Fields of HabitUpdate, as JSON."""


class HabitDeleted(BaseModel):
    """Taken back from the trash."""

    kind: Literal["deleted"] = "deleted"


class DayChanged(BaseModel):
    """Taken back by recording what was there before; None is nothing."""

    kind: Literal["day"] = "day"
    day: date
    before: CheckInData | None
    after: CheckInData | None


Change = HabitCreated | HabitChanged | HabitDeleted | DayChanged
_CHANGE: TypeAdapter[Change] = TypeAdapter(Annotated[Change, Field(discriminator="kind")])


def note(session: Session, user: User, habit_id: UUID, change: Change) -> UUID:
    """Remember a change for as long as it can be taken back. Returns what `take_back` wants."""
    session.exec(
        delete(ChatUndo).where(
            col(ChatUndo.user_id) == user.id, col(ChatUndo.created_at) < _oldest()
        )
    )
    noted = ChatUndo(user_id=user.id, habit_id=habit_id, change=change.model_dump(mode="json"))
    session.add(noted)
    return noted.id


def still_open(session: Session, user: User) -> set[UUID]:
    """Which changes can still be taken back."""
    query = select(col(ChatUndo.id)).where(
        col(ChatUndo.user_id) == user.id, col(ChatUndo.created_at) >= _oldest()
    )
    return set(session.exec(query))


def take_back(session: Session, user: User, undo_id: UUID) -> tuple[UUID, str]:
    """Undo a change, once. Returns the habit's id and name.

    Raises NotFoundError when the change is not the user's, too long ago or taken back already,
    and ConflictError when something else has changed the same thing since.
    """
    noted = session.scalars(
        delete(ChatUndo)
        .where(
            col(ChatUndo.id) == undo_id,
            col(ChatUndo.user_id) == user.id,
            col(ChatUndo.created_at) >= _oldest(),
        )
        .returning(ChatUndo)
    ).one_or_none()
    if noted is None:
        raise NotFoundError(
            "This cannot be taken back any more: it was already, or a day has passed."
        )
    change = _CHANGE.validate_python(noted.change)
    if isinstance(change, HabitDeleted):
        return noted.habit_id, trash.restore(session, user, noted.habit_id).name
    habit = habits.get(session, user, noted.habit_id)
    match change:
        case HabitCreated():
            _require(habit.version == change.version)
            habits.remove(session, user, habit.id)
        case HabitChanged():
            present = habit.model_dump(mode="json", include=set(change.after))
            _require(present == change.after)
            data = HabitUpdate.model_validate(change.before)
            return habit.id, habits.change(session, user, habit.id, data).name
        case DayChanged(day=day, before=before):
            _require(day_of(session, habit.id, day) == change.after)
            if before is None:
                habits.undo_check_in(session, user, habit.id, day)
            else:
                habits.check_in(session, user, habit.id, day, before)
    return habit.id, habit.name


def day_of(session: Session, habit_id: UUID, day: date) -> CheckInData | None:
    """What is recorded for a day, which then stays so until the transaction ends."""
    query = select(CheckIn).where(col(CheckIn.habit_id) == habit_id, col(CheckIn.day) == day)
    found = session.exec(query.with_for_update()).one_or_none()
    return None if found is None else CheckInData.model_validate(found.model_dump())


def _require(unchanged: bool) -> None:
    if not unchanged:
        raise ConflictError(
            "This was changed again in the meantime, so it is not taken back: that would undo the "
            "later change as well. Change it by hand."
        )


def _oldest() -> datetime:
    return datetime.now(UTC) - LIFETIME
