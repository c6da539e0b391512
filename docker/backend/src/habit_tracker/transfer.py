"""A user's data out of the tracker, and in again.

Both ways go piece by piece: memory does not grow with what an account holds.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import date, datetime
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid4, uuid5

import ijson
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import (
    Column,
    Date,
    Engine,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    bindparam,
    column,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.schema import CreateTable
from sqlmodel import Session, col

from habit_tracker import habits, quota, trash
from habit_tracker.core.clock import EASTERNMOST, today_in
from habit_tracker.core.errors import LimitError
from habit_tracker.core.schedule import schedule_from_row, schedule_to_row
from habit_tracker.figures import ORDER, PAST_RULES, PAUSES
from habit_tracker.models import METADATA, CheckIn, Habit, User
from habit_tracker.schemas import Export, ExportedCheckIn, ExportedHabit, Imported

COLUMNS = ("habit", "date", "status", "count", "note")

# What spreadsheet programs take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

MAX_PAST = 20_000
"""Past rules and pauses of all habits together. Each day adds two to a habit at most."""

_BATCH = 1000
"""Check-ins that are in memory at a time."""

_PIECE = 64 * 1024
"""Bytes of an export that are sent at a time."""

# A check-in in an export leaves out what is as usual: most of them are a date.
_USUAL = {"status": "done", "count": 1, "note": ""}


Document = Callable[[Session, User], Iterable[str]]
"""Makes a text about a user's data, a little at a time."""


def pieces(engine: Engine, user: User, document: Document) -> Generator[bytes]:
    """A document about the user's data as it was at one moment, whatever changes meanwhile."""
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with Session(snapshot) as session:
        kept: list[str] = []
        size = 0
        for text in document(session, user):
            kept.append(text)
            size += len(text)
            if size >= _PIECE:
                yield "".join(kept).encode()
                kept.clear()
                size = 0
        yield "".join(kept).encode()


def as_json(session: Session, user: User) -> Iterator[str]:
    """All habits with all check-ins: an Export."""
    own = _own(session, user)
    by_habit = groupby(_check_ins(session, user), attrgetter("habit_id"))
    following = next(by_habit, None)
    yield '{"format":"habit-tracker","version":2,"habits":['
    for number, (habit, past_rules, pauses) in enumerate(map(tuple, own)):
        head = _text(_head(habit, past_rules, pauses)).removesuffix("}")
        yield f'{"," if number else ""}{head},"checkins":['
        if following is not None and following[0] == habit.id:
            comma = ""
            for one in following[1]:
                values = {"status": one.status, "count": one.count, "note": one.note}
                unusual = {name: v for name, v in values.items() if v != _USUAL[name]}
                yield comma + _text({"date": str(one.day), **unusual})
                comma = ","
            following = next(by_habit, None)
        yield "]}"
    yield "]}"


def as_csv(session: Session, user: User) -> Iterator[str]:
    """All check-ins as RFC 4180, one a line, for spreadsheets.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    names = {habit.id: _inert(habit.name) for habit, _, _ in map(tuple, _own(session, user))}
    writer = csv.writer(_Lines())
    yield writer.writerow(COLUMNS)
    for one in _check_ins(session, user):
        yield writer.writerow(
            (names[one.habit_id], one.day, one.status, one.count, _inert(one.note))
        )


class _Lines:
    """A file whose write returns the line: so does csv.writer.writerow."""

    def write(self, line: str) -> str:
        return line


_Event = tuple[str, Any]
_Reading = Generator[None, _Event, Any]

# Enough for what a habit or a check-in says, and a bound on what its value takes as objects.
_MAX_EVENTS = 20_000
_MAX_TEXT = 256 * 1024

_CHECK_IN = TypeAdapter(ExportedCheckIn)
_MAX_HABITS = habits.MAX_HABITS

# In a temporary table of the transaction's, because everything has to be read before anything can
# be said about it: a habit's name may follow its check-ins.
_STAGED = Table(
    "staged_checkins",
    MetaData(),
    Column("habit", Integer, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("status", String, nullable=False),
    Column("count", Integer, nullable=False),
    Column("note", String, nullable=False),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)
_VALUES = ("status", "count", "note")


class Import:
    """An import, all or nothing, of an Export whose text is fed in as it arrives.

    A habit with the same id, or with the same name and time of creation, is brought up to date,
    any other is added, and check-ins replace those of the same day; nothing is deleted. So
    importing twice is harmless: what is the same already is not touched.

    Every method raises problems: 422 for what is no export or is in the future, 409 for more than
    an account may hold. Use as a context manager; without `finish` nothing happens.
    """

    def __init__(self, engine: Engine, user: User) -> None:
        self._session = Session(engine, expire_on_commit=False)
        self._user = user
        self._events = ijson.sendable_list()
        self._parser = ijson.basic_parse_coro(self._events, use_float=True)
        self._reader = self._read_document()
        next(self._reader)
        # Who moved west may have days that have only begun elsewhere.
        self._latest = today_in(EASTERNMOST)
        self._silent_bytes = 0
        self._document: dict[str, Any] | None = None
        self._habits: list[ExportedHabit] = []
        self._past = self._most_past = 0
        self._batch: dict[tuple[int, date], ExportedCheckIn] = {}
        self._check_ins = 0

    def close(self) -> None:
        """Forget what was not finished."""
        self._session.close()

    def feed(self, text: bytes) -> None:
        """The next piece of the document."""
        self._silent_bytes += len(text)
        try:
            self._parser.send(text)
        except (ijson.JSONError, ValueError, OverflowError):
            raise _invalid((), "it is not valid JSON") from None
        self._read_events()
        if self._silent_bytes > _MAX_TEXT:
            raise _invalid((), f"it has a text of more than {_MAX_TEXT // 1024} KiB")

    def finish(self) -> Imported:
        """The document is complete: write it."""
        try:
            self._parser.close()
        except (ijson.JSONError, ValueError, OverflowError):
            raise _invalid((), "it is not valid JSON, or not all of it arrived") from None
        self._read_events()
        try:
            data = Export.model_validate({**(self._document or {}), "habits": self._habits})
        except ValidationError as error:
            raise _located(error, ()) from None
        self._write_batch()
        staged = self._session.scalar(select(func.count()).select_from(_STAGED)) or 0
        self._merge(data)
        self._session.commit()
        return Imported(habits=len(data.habits), checkins=staged)

    def _read_events(self) -> None:
        if self._events:
            self._silent_bytes = 0
        for event in self._events:
            try:
                self._reader.send(event)
            except StopIteration:
                break  # the document has ended; what follows it, the parser refuses
        del self._events[:]

    # A parser of the parser's events: each of these generators reads one thing.

    def _read_document(self) -> _Reading:
        event, _ = yield
        if event != "start_map":
            raise _invalid((), "it is not an export: it is no JSON object")
        self._session.execute(CreateTable(_STAGED))
        # Whatever an account holds, it can bring in again.
        self._most_past = max(MAX_PAST, _past_of(self._session, self._user))
        known = {"habits": self._read_habits}
        fields = yield from self._read_fields((), known, Export.model_fields)
        if "habits" not in fields:
            raise _invalid(("habits",), "Field required")
        del fields["habits"]
        self._document = fields

    def _read_habits(self) -> _Reading:
        event, _ = yield
        if event != "start_array" or self._habits:
            raise _invalid(("habits",), "Input should be a valid list, once")
        while True:
            event, _ = yield
            if event == "end_array":
                return
            number = len(self._habits)
            at = ("habits", number)
            if event != "start_map":
                raise _invalid(at, "Input should be an object")
            if number >= _MAX_HABITS:
                raise _invalid(("habits",), f"List should have at most {_MAX_HABITS} items")
            known = {"checkins": self._read_check_ins}
            fields = yield from self._read_fields(at, known, ExportedHabit.model_fields)
            fields.pop("checkins", None)
            # At once: what is too much must not be in memory before it is refused.
            try:
                habit = ExportedHabit.model_validate(fields)
            except ValidationError as error:
                raise _located(error, at) from None
            self._past += len(habit.history[1:]) + len(habit.pauses)
            if self._past > self._most_past:
                raise _too_much_past()
            self._habits.append(habit)

    def _read_check_ins(self) -> _Reading:
        habit = len(self._habits)
        at = ("habits", habit, "checkins")
        event, _ = yield
        if event != "start_array":
            raise _invalid(at, "Input should be a valid list")
        number = 0
        while True:
            event, _ = yield
            if event == "end_array":
                return
            if event != "start_map":
                raise _invalid((*at, number), "Input should be an object")
            fields = yield from self._read_fields((*at, number), {}, ExportedCheckIn.model_fields)
            try:
                one = _CHECK_IN.validate_python(fields)
            except ValidationError as error:
                raise _located(error, (*at, number)) from None
            habits.require_past(one.date, self._latest)
            self._stage(habit, one)
            number += 1

    def _read_fields(
        self,
        at: tuple[str | int, ...],
        readers: dict[str, Callable[[], _Reading]],
        known: Iterable[str],
    ) -> _Reading:
        """The rest of an object. What it has beyond the known fields is passed over."""
        fields: dict[str, Any] = {}
        while True:
            event, name = yield
            if event == "end_map":
                return fields
            if name in readers:
                fields[name] = yield from readers[name]()
            elif name in known:
                fields[name] = yield from self._read_value((*at, name))
            else:
                yield from self._skip_value()

    def _read_value(self, at: tuple[str | int, ...]) -> _Reading:
        builder = ijson.ObjectBuilder()
        depth = size = 0
        for _ in range(_MAX_EVENTS):
            event, value = yield
            builder.event(event, value)
            depth += _depth(event)
            size += len(value) if isinstance(value, str) else 0
            if depth == 0:
                return builder.value
            if size > _MAX_TEXT:
                break
        raise _invalid(at, "it is too large")

    def _skip_value(self) -> _Reading:
        depth = 0
        while True:
            event, _ = yield
            depth += _depth(event)
            if depth == 0:
                return

    def _stage(self, habit: int, one: ExportedCheckIn) -> None:
        self._check_ins += 1
        if self._check_ins > quota.MAX_CHECK_INS:
            raise quota.too_many_check_ins()
        # Of two on one day, the later one counts.
        self._batch[habit, one.date] = one
        if len(self._batch) >= _BATCH:
            self._write_batch()

    def _write_batch(self) -> None:
        if not self._batch:
            return
        keys, rows = list(self._batch), list(self._batch.values())
        values = {
            "habits": [habit for habit, _ in keys],
            "days": [day for _, day in keys],
            "statuses": [one.status for one in rows],
            "counts": [one.count for one in rows],
            "notes": [one.note for one in rows],
        }
        self._session.execute(_STAGE, values)
        self._batch.clear()

    def _merge(self, data: Export) -> None:
        session, user = self._session, self._user
        position = habits.claim_positions(session, user, 0)
        before = quota.used(session, user)
        today = habits.today_of(user)
        # Locked: what is being restored from the trash must not be emptied out of it meanwhile.
        query = select(Habit).where(col(Habit.user_id) == user.id).order_by(*ORDER)
        present = list(session.scalars(query.with_for_update(key_share=True)))
        taken = {own.id for own in present}
        found = _matches(user, present, data.habits)
        new = 0
        for number, (habit, own) in enumerate(zip(data.habits, found, strict=True)):
            values = _values(habit)
            target = own or Habit(
                id=_new_id(user, habit, taken),
                user_id=user.id,
                created_at=habit.created_at,
                position=position + new,
                **values,
            )
            if own is None:
                new += 1
            elif any(getattr(own, name) != value for name, value in values.items()):
                habits.apply(session, user, own, values, today)
                # Counted in the database: a change that takes no lock may come in between.
                own.version = Habit.version + 1
            session.add(target)
            session.flush()
            _write_history(session, target.id, habit)
            if target.deleted_at is not None:
                trash.bring_back(session, user, target, target.deleted_at)
            session.execute(_TAKE_OVER, {"habit": number, "habit_id": target.id})
        habits.claim_positions(session, user, 0)  # the limit, now that they are all there
        quota.require_fit(session, user, before)
        if _past_of(session, user) > self._most_past:
            raise _too_much_past()


def _statements() -> tuple[Insert, Insert]:
    given = (
        func.unnest(
            bindparam("habits", type_=ARRAY(Integer)),
            bindparam("days", type_=ARRAY(Date)),
            bindparam("statuses", type_=ARRAY(String)),
            bindparam("counts", type_=ARRAY(Integer)),
            bindparam("notes", type_=ARRAY(String)),
        )
        .table_valued(*map(column, ("habit", "day", *_VALUES)))
        .render_derived()
    )
    stage = insert(_STAGED).from_select(["habit", "day", *_VALUES], select(*given.c))
    stage = stage.on_conflict_do_update(
        index_elements=["habit", "day"], set_={name: stage.excluded[name] for name in _VALUES}
    )
    table = METADATA.tables["checkins"]
    staged = select(
        bindparam("habit_id", type_=table.c.habit_id.type),
        _STAGED.c.day,
        *(_STAGED.c[name] for name in _VALUES),
    ).where(_STAGED.c.habit == bindparam("habit"))
    take_over = insert(table).from_select(["habit_id", "day", *_VALUES], staged)
    return stage, take_over.on_conflict_do_update(
        constraint="pk_checkins",
        set_={name: take_over.excluded[name] for name in _VALUES},
        # What is the same is not written again.
        where=tuple_(*(table.c[name] for name in _VALUES)).is_distinct_from(
            tuple_(*(take_over.excluded[name] for name in _VALUES))
        ),
    )


_STAGE, _TAKE_OVER = _statements()


def _matches(user: User, own: list[Habit], given: list[ExportedHabit]) -> list[Habit | None]:
    """For each habit of an export, the user's own that it is; each of them at most once."""
    by_id = {habit.id: habit for habit in own}
    found: list[Habit | None] = []
    for habit in given:
        # Its id here, or the one that it got when it came from another account.
        ids = () if habit.id is None else (habit.id, uuid5(user.id, str(habit.id)))
        found.append(next((by_id.pop(one) for one in ids if one in by_id), None))
    twins: dict[tuple[str, datetime | None], list[Habit]] = defaultdict(list)
    # What is in the trash has to be named by its id: a namesake may be there for a reason.
    for rest in (habit for habit in by_id.values() if habit.deleted_at is None):
        twins[rest.name, rest.created_at].append(rest)
    for number, habit in enumerate(given):
        same = twins[habit.name, habit.created_at]
        if found[number] is None and same:
            found[number] = same.pop(0)
    return found


def _new_id(user: User, habit: ExportedHabit, taken: set[UUID]) -> UUID:
    """One that the next import of the same file finds; the given id may be someone else's."""
    new = uuid4() if habit.id is None else uuid5(user.id, str(habit.id))
    if new in taken:
        new = uuid4()
    taken.add(new)
    return new


def _values(habit: ExportedHabit) -> dict[str, Any]:
    """What an export says about a habit, as columns."""
    # What version 1 does not know stays as it is.
    later = {"icon", "goal", "paused"} & habit.model_fields_set
    values = habit.model_dump(include={"name", "color", "archived"} | later)
    return {**values, "schedule": schedule_to_row(habit.schedule)}


def _write_history(session: Session, habit_id: UUID, habit: ExportedHabit) -> None:
    """Add what an export knows of a habit's past; on the days that it names, it is right."""
    rules = [
        {
            "habit_id": habit_id,
            "until": following.since,
            "schedule": schedule_to_row(rule.schedule),
            "goal": rule.goal and rule.goal.model_dump(),
        }
        for rule, following in pairwise(habit.history)
    ]
    pauses = [{"habit_id": habit_id, **pause.model_dump()} for pause in habit.pauses]
    if rules:
        session.execute(_ADD_RULES, rules)
    if pauses:
        session.execute(_ADD_PAUSES, pauses)


def _too_much_past() -> LimitError:
    return LimitError(
        f"Your habits can have {MAX_PAST} earlier schedules, goals and pauses at most. "
        "Leave some out."
    )


def _past_of(session: Session, user: User) -> int:
    """How many past rules and pauses there are."""
    own = select(col(Habit.id)).where(col(Habit.user_id) == user.id)
    counts = [
        select(func.count()).where(table.c.habit_id.in_(own)).scalar_subquery()
        for table in (METADATA.tables["past_rules"], METADATA.tables["pauses"])
    ]
    return sum(map(int, session.execute(select(*counts)).one()))


def _upsert(table: Table) -> Insert:
    statement = insert(table)
    values = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    return statement.on_conflict_do_update(constraint=table.primary_key, set_=values)


_ADD_RULES = _upsert(METADATA.tables["past_rules"])
_ADD_PAUSES = _upsert(METADATA.tables["pauses"])


def _head(habit: Habit, past_rules: str | None, pauses: str | None) -> dict[str, Any]:
    """A habit in an export, without its check-ins; its past as `figures.PAST_RULES` has it."""
    since: str | None = None
    history: list[dict[str, Any]] = []
    for until, schedule, goal in json.loads(past_rules or "[]"):
        rule = schedule_from_row(schedule).model_dump(mode="json")
        history.append({"since": since, "schedule": rule, "goal": goal})
        since = str(date.fromordinal(until))
    schedule = schedule_from_row(habit.schedule).model_dump(mode="json")
    if history:
        history.append({"since": since, "schedule": schedule, "goal": habit.goal})
    assert habit.created_at is not None  # noqa: S101 - it comes from the database
    return {
        "id": str(habit.id),
        "name": habit.name,
        "color": habit.color,
        "icon": habit.icon,
        "schedule": schedule,
        "goal": habit.goal,
        "archived": habit.archived,
        "paused": habit.paused,
        "created_at": habit.created_at.isoformat().replace("+00:00", "Z"),
        "history": history,
        "pauses": [
            {"first": str(date.fromordinal(first)), "last": last and str(date.fromordinal(last))}
            for first, last in json.loads(pauses or "[]")
        ],
    }


def _own(session: Session, user: User) -> list[Row[Any]]:
    """The user's habits in their order, with their past rules and pauses as JSON."""
    query = select(Habit, PAST_RULES, PAUSES).where(
        col(Habit.user_id) == user.id, col(Habit.deleted_at).is_(None)
    )
    return list(session.execute(query.order_by(*ORDER)))


def _check_ins(session: Session, user: User) -> Iterator[Row[Any]]:
    """The check-ins by habit and day, a few at a time."""
    query = (
        select(METADATA.tables["checkins"])
        .join(Habit, col(Habit.id) == col(CheckIn.habit_id))
        .where(col(Habit.user_id) == user.id, col(Habit.deleted_at).is_(None))
        .order_by(*ORDER, col(CheckIn.day))
    )
    return iter(session.execute(query, execution_options={"yield_per": _BATCH}))


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _depth(event: str) -> int:
    return event.startswith("start_") - event.startswith("end_")


def _invalid(at: tuple[str | int, ...], message: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": ("body", *at), "msg": message}])


def _located(error: ValidationError, at: tuple[str | int, ...]) -> RequestValidationError:
    """A part's errors, as errors of the document that the part is in."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    return RequestValidationError([{**one, "loc": ("body", *at, *one["loc"])} for one in errors])


def _inert(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
