"""A user's data out of the tracker, and in again."""

import csv
import io
from collections import defaultdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import Date, Integer, String, bindparam, column, func, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import Session, col, select

from habit_tracker import habits
from habit_tracker.core.clock import EASTERNMOST, today_in
from habit_tracker.core.schedule import schedule_from_row, schedule_to_row
from habit_tracker.figures import ORDER
from habit_tracker.models import CheckIn, Habit, User
from habit_tracker.schemas import Export, ExportedCheckIn, ExportedHabit, Imported

COLUMNS = ("habit", "date", "status", "count", "note")

# What spreadsheet programs take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(session: Session, user: User) -> Export:
    """All habits with all check-ins."""
    check_ins = defaultdict(list)
    for one in _check_ins(session, user):
        check_ins[one.habit_id].append(
            # Not validated again: a mapping, because the columns' types are wider than the model's.
            ExportedCheckIn.model_construct(
                **{**one.model_dump(exclude={"habit_id", "day"}), "date": one.day}
            )
        )
    return Export(
        format="habit-tracker",
        version=1,
        habits=[
            ExportedHabit.model_construct(
                **{
                    **habit.model_dump(include={"name", "color", "archived", "created_at"}),
                    "schedule": schedule_from_row(habit.schedule),
                    "checkins": check_ins[habit.id],
                }
            )
            for habit in _own(session, user)
        ],
    )


def export_csv(session: Session, user: User) -> str:
    """All check-ins as RFC 4180, one a line, for spreadsheets.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    names = {habit.id: habit.name for habit in _own(session, user)}
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow(COLUMNS)
    for one in _check_ins(session, user):
        name, note = _inert(names[one.habit_id]), _inert(one.note)
        writer.writerow((name, one.day, one.status, one.count, note))
    return output.getvalue()


def bring_in(session: Session, user: User, data: Export) -> Imported:
    """Import an export, all or nothing.

    A habit with the same name and time of creation is brought up to date, any other is added, and
    check-ins replace those of the same day; nothing is deleted. So importing twice is harmless.
    Raises a 409 problem when there would be too many habits, 422 for check-ins in the future.
    """
    # Who moved west may have days that have only begun elsewhere.
    latest = today_in(EASTERNMOST)
    for habit in data.habits:
        for one in habit.checkins:
            habits.require_past(one.date, latest)
    present: dict[tuple[str, datetime | None], list[UUID]] = defaultdict(list)
    position = habits.claim_positions(session, user, 0)
    for own in _own(session, user):
        present[own.name, own.created_at].append(own.id)
    new = 0
    for habit in data.habits:
        twins = present[habit.name, habit.created_at]
        values = habit.model_dump(include={"color", "archived"})
        values["schedule"] = schedule_to_row(habit.schedule)
        if twins:
            habit_id = twins.pop(0)
            session.execute(
                update(Habit)
                .where(col(Habit.id) == habit_id)
                .values(**values, version=Habit.version + 1)
            )
        else:
            added = Habit(
                user_id=user.id,
                name=habit.name,
                created_at=habit.created_at,
                position=position + new,
                **values,
            )
            session.add(added)
            session.flush()
            habit_id = added.id
            new += 1
        _write(session, habit_id, habit)
    habits.claim_positions(session, user, 0)  # the limit, now that they are all there
    session.commit()
    return Imported(
        habits=len(data.habits),
        checkins=sum(len({one.date for one in habit.checkins}) for habit in data.habits),
    )


def _write(session: Session, habit_id: UUID, habit: ExportedHabit) -> None:
    """All check-ins of a habit in one statement; of two on one day, the later one counts."""
    by_day = {one.date: one for one in habit.checkins}
    if not by_day:
        return
    rows = (
        func.unnest(
            bindparam("days", list(by_day), ARRAY(Date)),
            bindparam("statuses", [one.status for one in by_day.values()], ARRAY(String)),
            bindparam("counts", [one.count for one in by_day.values()], ARRAY(Integer)),
            bindparam("notes", [one.note for one in by_day.values()], ARRAY(String)),
        )
        .table_valued(*map(column, ("day", "status", "count", "note")))
        .render_derived()
    )
    statement = insert(CheckIn).from_select(
        ["habit_id", "day", "status", "count", "note"],
        select(bindparam("habit_id", habit_id), *rows.c),
    )
    session.execute(
        statement.on_conflict_do_update(
            constraint="pk_checkins",
            set_={name: statement.excluded[name] for name in ("status", "count", "note")},
        )
    )


def _own(session: Session, user: User) -> list[Habit]:
    query = select(Habit).where(col(Habit.user_id) == user.id, col(Habit.deleted_at).is_(None))
    return list(session.exec(query.order_by(*ORDER)))


def _check_ins(session: Session, user: User) -> list[CheckIn]:
    query = (
        select(CheckIn)
        .join(Habit, col(Habit.id) == col(CheckIn.habit_id))
        .where(col(Habit.user_id) == user.id, col(Habit.deleted_at).is_(None))
        .order_by(*ORDER, col(CheckIn.day))
    )
    return list(session.exec(query))


def _inert(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
