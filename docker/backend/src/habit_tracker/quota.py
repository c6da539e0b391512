"""How much one account may hold: what bounds the memory and the time of everything it asks for."""

import datetime
from uuid import UUID

from sqlalchemy import bindparam, func
from sqlmodel import Session, col, select

from habit_tracker.core.errors import LimitError
from habit_tracker.models import CheckIn, Habit, User

MAX_CHECK_INS = 250_000
"""Of all habits together: thirty a day for more than twenty years."""

MAX_NOTE_BYTES = 16 * 1024 * 1024
"""Of all notes together, in UTF-8."""

_USED = (
    select(func.count(), func.coalesce(func.sum(func.octet_length(CheckIn.note)), 0))
    .select_from(CheckIn)
    .join(Habit, col(Habit.id) == col(CheckIn.habit_id))
    .where(col(Habit.user_id) == bindparam("user_id"))
)

# Check-ins and bytes that a user may still write before they are counted again: counting takes
# milliseconds. A quarter of the room that was left, so that near the limit every write is counted
# and several replicas do not pass it together.
_allowances: dict[UUID, tuple[int, int]] = {}
_REMEMBERED_USERS = 10_000


def used(session: Session, user: User) -> tuple[int, int]:
    """How many check-ins a user has, and the bytes of their notes."""
    check_ins, note_bytes = session.execute(_USED, {"user_id": user.id}).one()
    return int(check_ins), int(note_bytes)


def require_room(
    session: Session, user: User, habit_id: UUID, day: datetime.date, note: str
) -> None:
    """Allow for a check-in that is about to be written. Raises LimitError without room.

    A day that is recorded already can be changed in a full account too.
    """
    check_ins, note_bytes = _allowances.get(user.id, (0, 0))
    size = len(note.encode())
    if check_ins < 1 or note_bytes < size:
        has_check_ins, has_note_bytes = used(session, user)
        present = session.get(CheckIn, (habit_id, day))
        if has_check_ins >= MAX_CHECK_INS and present is None:
            raise too_many_check_ins()
        # A note can always be shortened: that is what the refusal asks for.
        longer = size - len(present.note.encode() if present else b"")
        if has_note_bytes + longer > MAX_NOTE_BYTES and longer > 0:
            raise too_long_notes()
        if len(_allowances) >= _REMEMBERED_USERS:
            _allowances.clear()
        check_ins = (MAX_CHECK_INS - has_check_ins) // 4
        note_bytes = (MAX_NOTE_BYTES - has_note_bytes) // 4
    _allowances[user.id] = check_ins - 1, note_bytes - size


def require_fit(session: Session, user: User, before: tuple[int, int]) -> None:
    """Raise LimitError when there is too much now, and more than there was `before`."""
    check_ins, note_bytes = used(session, user)
    if check_ins > max(MAX_CHECK_INS, before[0]):
        raise too_many_check_ins()
    if note_bytes > max(MAX_NOTE_BYTES, before[1]):
        raise too_long_notes()
    _allowances.pop(user.id, None)


def too_many_check_ins() -> LimitError:
    """For one check-in too many."""
    return LimitError(f"You can have {MAX_CHECK_INS} check-ins at most. Delete some first.")


def too_long_notes() -> LimitError:
    """For notes that are too long together."""
    return LimitError(
        f"Your notes can have {MAX_NOTE_BYTES // 2**20} MiB at most. Shorten some first."
    )
