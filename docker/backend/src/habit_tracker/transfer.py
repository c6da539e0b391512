"""A user's data out of the tracker, and in again.

Both ways go piece by piece: memory does not grow with what an account holds.
"""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import date, datetime
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID, uuid4, uuid5

import ijson
from pydantic import BaseModel, ValidationError
from sqlalchemy import Engine, Row, Table, func, select, text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import Session, col

from habit_tracker import habits, quota, trash
from habit_tracker.core.clock import EASTERNMOST, today_in
from habit_tracker.core.errors import InvalidError, LimitError, in_words
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

_Model = TypeVar("_Model", bound=BaseModel)

_Place = tuple[str | int, ...]
"""Where something is in a document."""

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
        for part in document(session, user):
            kept.append(part)
            size += len(part)
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
        head = _as_text(_head(habit, past_rules, pauses)).removesuffix("}")
        yield f'{"," if number else ""}{head},"checkins":['
        if following is not None and following[0] == habit.id:
            comma = ""
            for one in following[1]:
                values = {"status": one.status, "count": one.count, "note": one.note}
                unusual = {name: v for name, v in values.items() if v != _USUAL[name]}
                yield comma + _as_text({"date": str(one.day), **unusual})
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


# What the parts of a document that are kept in memory may take, about, in bytes: the check-in that
# is being read, and everything else. A text that has not ended is bounded like a check-in.
_MAX_PART = 256 * 1024
_MAX_DOCUMENT = 64 * 1024 * 1024
_EVENT_BYTES = 100
_MAX_DEPTH = 20

# In a temporary table, because everything has to be read before anything can be said about it: a
# habit's name may follow its check-ins.
_CREATE_STAGED = text("""
    CREATE TEMPORARY TABLE IF NOT EXISTS staged_checkins (
        habit int, day date, status text, count int, note text, PRIMARY KEY (habit, day)
    ) ON COMMIT DROP
""")
_STAGE = text("""
    INSERT INTO staged_checkins
    SELECT * FROM json_to_recordset(CAST(:rows AS json))
        AS given (habit int, date date, status text, count int, note text)
    ON CONFLICT (habit, day) DO UPDATE
    SET status = excluded.status, count = excluded.count, note = excluded.note
""")
# What is the same is not written again.
_TAKE_OVER = text("""
    INSERT INTO checkins (habit_id, day, status, count, note)
    SELECT :habit_id, day, status, count, note FROM staged_checkins WHERE habit = :habit
    ON CONFLICT (habit_id, day) DO UPDATE
    SET status = excluded.status, count = excluded.count, note = excluded.note
    WHERE (checkins.status, checkins.count, checkins.note)
        IS DISTINCT FROM (excluded.status, excluded.count, excluded.note)
""")

_IN_CHECK_INS = "{[{["
"""What is open around a check-in: the document, its habits, one of them, its check-ins."""


class Import:
    """An import, all or nothing, of an Export whose text is fed in as it arrives.

    A habit with the same id, or with the same name and time of creation, is brought up to date,
    any other is added, and check-ins replace those of the same day; nothing is deleted. So
    importing twice is harmless: what is the same already is not touched.

    Every method raises InvalidError for what is no export or is in the future, and LimitError for
    more than an account may hold. `close` it at the end; without `finish` nothing happens.
    """

    def __init__(self, engine: Engine, user: User) -> None:
        self._session = Session(engine, expire_on_commit=False)
        self._user = user
        self._events = ijson.sendable_list()
        self._parser = ijson.basic_parse_coro(self._events, use_float=True)
        self._silent_bytes = 0
        # Who moved west may have days that have only begun elsewhere.
        self._latest = today_in(EASTERNMOST)
        self._open = ""
        self._names = [""] * (_MAX_DEPTH + 1)
        self._document = _Value((), _MAX_DOCUMENT)
        self._check_in: _Value | None = None
        self._batch: dict[tuple[int, date], ExportedCheckIn] = {}
        self._check_ins: Counter[int] = Counter()

    def close(self) -> None:
        """Forget what was not finished."""
        self._session.close()

    def feed(self, piece: bytes) -> None:
        """The next piece of the document."""
        self._silent_bytes += len(piece)
        try:
            self._parser.send(piece)
        except (ijson.JSONError, ValueError, OverflowError):
            raise _invalid((), "it is not valid JSON") from None
        self._read_events()
        if self._silent_bytes > _MAX_PART:
            raise _invalid((), f"it has a text of more than {_MAX_PART // 1024} KiB")

    def finish(self) -> Imported:
        """The document is complete: write it."""
        try:
            self._parser.close()
        except (ijson.JSONError, ValueError, OverflowError):
            raise _invalid((), "it is not valid JSON, or not all of it arrived") from None
        self._read_events()
        data = _validated(Export, self._document.builder.value, ())
        self._write_batch()
        staged = self._session.scalar(text("SELECT count(*) FROM staged_checkins")) or 0
        self._merge(data)
        self._session.commit()
        return Imported(habits=len(data.habits), checkins=staged)

    def _read_events(self) -> None:
        for event, value in self._events:
            self._silent_bytes = 0
            self._read_event(event, value)
        self._events.clear()

    def _read_event(self, event: str, value: object) -> None:
        """Build the document, without the check-ins: each of them is staged as it is complete."""
        if event.startswith("end_"):
            self._open = self._open[:-1]
        in_check_ins = self._open.startswith(_IN_CHECK_INS)
        if in_check_ins and (self._names[1], self._names[3]) == ("habits", "checkins"):
            self._read_check_in(event, value)
        else:
            self._document.add(event, value)
        if event == "map_key":
            known = self._document.builder.value
            if self._open == "{" and value == "habits" and "habits" in known:
                raise _invalid(("habits",), "it is there twice")
            self._names[len(self._open)] = str(value)
        elif event.startswith("start_"):
            self._open += "{" if event == "start_map" else "["
            if len(self._open) > _MAX_DEPTH:
                raise _invalid((), "it is nested too deeply")

    def _read_check_in(self, event: str, value: object) -> None:
        habit = len(self._document.builder.value["habits"]) - 1
        if self._check_in is None:
            at = ("habits", habit, "checkins", self._check_ins[habit])
            self._check_in = _Value(at, _MAX_PART)
        self._check_in.add(event, value)
        if len(self._open) > len(_IN_CHECK_INS) or event.startswith("start_"):
            return
        one = _validated(ExportedCheckIn, self._check_in.builder.value, self._check_in.at)
        habits.require_past(one.date, self._latest)
        self._check_in = None
        self._check_ins[habit] += 1
        # Of two on one day, the later one counts.
        self._batch[habit, one.date] = one
        if len(self._batch) >= _BATCH:
            self._write_batch()

    def _write_batch(self) -> None:
        if self._check_ins.total() > quota.MAX_CHECK_INS:
            raise quota.too_many_check_ins()
        self._session.execute(_CREATE_STAGED)
        rows = [
            {"habit": habit, **one.model_dump(mode="json")}
            for (habit, _), one in self._batch.items()
        ]
        self._session.execute(_STAGE, {"rows": json.dumps(rows)})
        self._batch.clear()

    def _merge(self, data: Export) -> None:
        session, user = self._session, self._user
        position = habits.claim_positions(session, user, 0)
        before = quota.used(session, user)
        past_before = _past_of(session, user)
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
        if _past_of(session, user) > max(MAX_PAST, past_before):
            raise LimitError(
                f"Your habits can have {MAX_PAST} earlier schedules, goals and pauses at most. "
                "Leave some out."
            )


class _Value:
    """A JSON value of a bounded size, as it is being read."""

    def __init__(self, at: _Place, size: int) -> None:
        self.at = at
        self.builder = ijson.ObjectBuilder()
        """Its `value` is what there is so far."""
        self._room = size

    def add(self, event: str, value: object) -> None:
        # One wide character makes all others of its text as wide.
        self._room -= _EVENT_BYTES + (4 * len(value) if isinstance(value, str) else 0)
        if self._room < 0:
            raise _invalid(self.at, "it is too large")
        self.builder.event(event, value)


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
    for until, row, goal in [*json.loads(past_rules or "[]"), (None, habit.schedule, habit.goal)]:
        schedule = schedule_from_row(row).model_dump(mode="json")
        history.append({"since": since, "schedule": schedule, "goal": goal})
        since = until and str(date.fromordinal(until))
    head = {"id", "name", "color", "icon", "goal", "archived", "paused", "created_at"}
    return {
        **habit.model_dump(mode="json", include=head),
        "schedule": history[-1]["schedule"],
        "history": history if len(history) > 1 else [],
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


def _as_text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _validated(model: type[_Model], value: object, at: _Place) -> _Model:
    """A part of a document that is at this place."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidError(in_words(error.errors(), at)) from None


def _invalid(at: _Place, message: str) -> InvalidError:
    return InvalidError(in_words([{"loc": at, "msg": message}]))


def _inert(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
