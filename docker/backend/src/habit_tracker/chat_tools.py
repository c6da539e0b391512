"""What the chatbot can do: tools bound to one user, with validated arguments.

What cannot be got back asks the user, whatever the model wants; everything else is done at once,
and can be taken back. Names and notes are data: they are only ever values of JSON, never part of
a sentence that the model reads.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from google.genai import types
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from habit_tracker import chat_history, chat_undo, habits
from habit_tracker.chat_undo import DayChanged, HabitChanged, HabitCreated, day_of
from habit_tracker.core.errors import DomainError, InvalidError, in_words
from habit_tracker.core.schedule import DAYS_A_WEEK, Goal, Schedule, first_day_of, week_of
from habit_tracker.models import CheckIn, Habit, User
from habit_tracker.schemas import (
    ChatAction,
    CheckInData,
    CheckInUpdate,
    Color,
    Confirmation,
    Count,
    Day,
    HabitCreate,
    HabitPublic,
    HabitUpdate,
    Icon,
    Name,
    Note,
    Status,
)

MAX_DAYS = 400
"""How many recorded days the model gets to see at once."""

FOR_PROGRAMS = {"id", "color", "icon", "position", "version", "checkins", "skips"}
"""Fields of a habit that nobody asks a coach about."""


class Arguments(BaseModel):
    """What a model made up on top is an error that it gets to hear about."""

    model_config = ConfigDict(extra="forbid")


class ListHabitsArgs(Arguments):
    """Which habits."""

    archived: bool = Field(False, description="true for those that were put aside instead.")


class Properties(Arguments):
    """What can be chosen about a habit."""

    color: Color | None = Field(None, description="A colour such as #22c55e.")
    icon: Icon | None = Field(None, description="One emoji.")
    schedule: Schedule | None = Field(
        None,
        description="When it is due: daily, on weekdays (1 is Monday), a number of times a week, "
        "or every so many days.",
    )
    goal: Goal | None = Field(
        None, description="How much a day takes: 8 glasses at least, 2 coffees at most."
    )


class CreateHabitArgs(Properties):
    """What the habit is called, looks like, when and how much of it is due."""

    name: Name = Field(description="What the habit is called.")


class HabitArgs(Arguments):
    """Which habit."""

    habit: str = Field(max_length=100, description="The habit's name, as list_habits gives it.")


class ChangeHabitArgs(HabitArgs, Properties):
    """Which habit, and what is to be otherwise; what is left out stays."""

    name: Name | None = Field(None, description="Its new name.")
    paused: bool | None = Field(None, description="true while it need not be done, as on holiday.")
    without_goal: bool = Field(False, description="true takes its goal away.")


class DayArgs(HabitArgs):
    """Which habit, and when."""

    date: Day | None = Field(None, description="The day, YYYY-MM-DD; today when left out.")


class CheckInArgs(DayArgs):
    """Which habit was done or skipped, when, how much. What is left out stays as recorded."""

    status: Status | None = Field(None, description="skip for a day off that breaks no streak.")
    count: Count | None = Field(None, description="How often or how much in all, that day.")
    add: StrictInt | None = Field(None, description="How much more than recorded, instead.")
    note: Note | None = Field(None, description="The user's own words about it.")


class DaysArgs(HabitArgs):
    """Which habit, from when to when."""

    first: Day = Field(description="The first day, YYYY-MM-DD.")
    last: Day | None = Field(None, description="The last day; today when left out.")


class WeekArgs(Arguments):
    """Which week."""

    date: Day | None = Field(None, description="A day in it; the present week when left out.")


@dataclass(frozen=True)
class Toolbox:
    """The tools, bound to one user."""

    engine: Engine
    user: User

    def call(
        self, name: str, arguments: dict[str, Any]
    ) -> tuple[dict[str, Any], list[ChatAction | Confirmation]]:
        """Run a tool: the answer for the model, and what the user gets to see of it.

        A mistake comes back as text, so that the model can mend it.
        """
        tool = TOOLS.get(name)
        if tool is None:
            return {"error": f"There is no such tool. There are: {', '.join(TOOLS)}."}, []
        try:
            checked = tool.arguments.model_validate(arguments)
            # A session per call: no connection is held while the model thinks.
            with Session(self.engine, expire_on_commit=False) as session:
                result, *events = tool.run(self, session, checked)
                session.commit()
        except ValidationError as error:
            return {"error": f"Wrong arguments for {name}: {in_words(error.errors())}"}, []
        except DomainError as error:
            return {"error": error.detail}, []
        return {"result": result}, events

    def list_habits(self, session: Session, args: ListHabitsArgs) -> "Outcome":
        """List the user's habits: schedules, goals, streaks, and whether they are done today."""
        found = habits.list_page(session, self.user, "true" if args.archived else "false")[0]
        return ([one.model_dump(mode="json", exclude=FOR_PROGRAMS) for one in found],)

    def create_habit(self, session: Session, args: CreateHabitArgs) -> "Outcome":
        """Create a habit."""
        data = HabitCreate.model_validate(args.model_dump(exclude_none=True))
        habit = habits.create(session, self.user, data)
        change = HabitCreated(version=habit.version)
        return {"created": habit.name}, self._acted(session, "create_habit", habit, change)

    def change_habit(self, session: Session, args: ChangeHabitArgs) -> "Outcome":
        """Rename a habit, or change its schedule, goal or looks, or pause it. From today on."""
        wanted = args.model_dump(exclude_none=True, exclude={"habit", "without_goal"})
        if args.without_goal:
            wanted["goal"] = None
        if not wanted:
            raise InvalidError("Nothing to change was given.")
        return self._change(session, args.habit, "change_habit", wanted)

    def archive_habit(self, session: Session, args: HabitArgs) -> "Outcome":
        """Put a habit aside, with everything that was recorded."""
        return self._change(session, args.habit, "archive_habit", {"archived": True})

    def unarchive_habit(self, session: Session, args: HabitArgs) -> "Outcome":
        """Take up a habit again that was put aside."""
        return self._change(session, args.habit, "unarchive_habit", {"archived": False})

    def delete_habit(self, session: Session, args: HabitArgs) -> "Outcome":
        """Ask the user to confirm that a habit is to be deleted. Deletes nothing by itself."""
        habit_id, name = self._find(session, args.habit)
        return self._asked(session, "delete_habit", habit_id, name)

    def check_in(self, session: Session, args: CheckInArgs) -> "Outcome":
        """Record that a habit was done or skipped on a day, how much, and the user's words."""
        habit_id, name = self._find(session, args.habit)
        day = args.date or habits.today_of(self.user)
        data = CheckInUpdate.model_validate(args.model_dump(exclude={"habit", "date"}))
        before = day_of(session, habit_id, day)
        recorded = habits.change_day(session, self.user, habit_id, day, data)
        after = CheckInData.model_validate(recorded.model_dump())
        change = DayChanged(day=day, before=before, after=after)
        undo = chat_undo.note(session, self.user, habit_id, change)
        # For whoever reads it, a day off is not "checked off".
        tool = "skip" if after.status == "skip" else "check_in"
        action = ChatAction(tool=tool, habit=name, habit_id=habit_id, undo=undo)
        return {"habit": name, "date": str(day), "recorded": after.model_dump()}, action

    def undo_check_in(self, session: Session, args: DayArgs) -> "Outcome":
        """Ask the user to confirm that what is recorded for a day is to go, with its note."""
        habit_id, name = self._find(session, args.habit)
        day = args.date or habits.today_of(self.user)
        if day_of(session, habit_id, day) is None:
            raise InvalidError(f"Nothing is recorded for {day}.")
        return self._asked(session, "undo_check_in", habit_id, name, day)

    def get_stats(self, session: Session, args: HabitArgs) -> "Outcome":
        """Get a habit's streaks, rate and score, its totals, weekdays and the last 12 months."""
        habit_id, _ = self._find(session, args.habit)
        habit = habits.get(session, self.user, habit_id).model_dump(
            mode="json", exclude=FOR_PROGRAMS
        )
        trends = habits.stats(session, self.user, habit_id)
        return (habit | trends.model_dump(mode="json", exclude={"scores"}),)

    def get_days(self, session: Session, args: DaysArgs) -> "Outcome":
        """Get what was recorded for a habit in any time, with the user's notes."""
        habit_id, name = self._find(session, args.habit)
        days = habits.list_check_ins(session, self.user, habit_id, args.first, args.last)
        shown = [day.model_dump(mode="json", exclude={"habit_id"}) for day in days[:MAX_DAYS]]
        return ({"habit": name, "days": shown, "left_out": len(days) - len(shown)},)

    def weekly_review(self, session: Session, args: WeekArgs) -> "Outcome":
        """Get all that was recorded in a week, for all habits, and in the week before."""
        week = week_of((args.date or habits.today_of(self.user)).toordinal(), self.user.week_start)
        first = date.fromordinal(first_day_of(week, self.user.week_start))
        last = first + timedelta(days=DAYS_A_WEEK - 1)
        own = habits.list_page(session, self.user)[0]
        query = (
            select(CheckIn)
            .where(
                col(CheckIn.habit_id).in_([habit.id for habit in own]),
                col(CheckIn.day).between(first - timedelta(days=DAYS_A_WEEK), last),
            )
            .order_by(col(CheckIn.day))
        )
        days: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        before: Counter[UUID] = Counter()
        for row in session.exec(query):
            if row.day >= first:
                days[row.habit_id].append(row.model_dump(mode="json", exclude={"habit_id"}))
            else:
                before[row.habit_id] += row.status == "done"
        reviewed = [
            habit.model_dump(mode="json", exclude=FOR_PROGRAMS)
            | {"days": days[habit.id], "done_the_week_before": before[habit.id]}
            for habit in own
        ]
        return ({"first": str(first), "last": str(last), "habits": reviewed},)

    def _change(self, session: Session, name: str, tool: str, wanted: dict[str, Any]) -> "Outcome":
        habit_id, _ = self._find(session, name)
        before = habits.get(session, self.user, habit_id).model_dump(mode="json")
        data = HabitUpdate.model_validate(wanted)
        habit = habits.change(session, self.user, habit_id, data)
        after = habit.model_dump(mode="json")
        change = HabitChanged(
            before={key: before[key] for key in wanted}, after={key: after[key] for key in wanted}
        )
        changed = {"habit": habit.name, **change.after}
        return changed, self._acted(session, tool, habit, change)

    def _acted(
        self, session: Session, tool: str, habit: HabitPublic, change: chat_undo.Change
    ) -> ChatAction:
        undo = chat_undo.note(session, self.user, habit.id, change)
        return ChatAction(tool=tool, habit=habit.name, habit_id=habit.id, undo=undo)

    def _asked(
        self, session: Session, tool: str, habit_id: UUID, name: str, day: date | None = None
    ) -> "Outcome":
        asked = chat_history.ask(session, self.user, tool, habit_id, name, day)
        return {"not_done_yet": "The user sees a button to confirm it.", "habit": name}, asked

    def _find(self, session: Session, name: str) -> tuple[UUID, str]:
        """The habit that is called so, one that is put aside only if no other is."""
        query = select(Habit.id, Habit.name, Habit.archived).where(
            col(Habit.user_id) == self.user.id, col(Habit.deleted_at).is_(None)
        )
        wanted = name.strip().casefold()
        named = [one for one in session.exec(query) if one[1].casefold() == wanted]
        found = [one for one in named if not one[2]] or named
        if len(found) != 1:
            which = "Several habits are" if found else "No habit is"
            raise InvalidError(f"{which} called that. list_habits gives their names.")
        habit_id, own_name, _ = found[0]
        return habit_id, own_name


Outcome = tuple[Any, *tuple[ChatAction | Confirmation, ...]]
"""What the model gets to know, and what the user does."""


@dataclass(frozen=True)
class Tool:
    """How a tool is announced to the model and run."""

    run: Callable[[Toolbox, Session, Any], Outcome]
    arguments: type[BaseModel]

    def declaration(self) -> types.FunctionDeclaration:
        """The tool's name, purpose and parameters in Gemini's terms."""
        return types.FunctionDeclaration(
            name=self.run.__name__,
            description=self.run.__doc__,
            parameters_json_schema=self.arguments.model_json_schema(),
        )


TOOLS = {
    "list_habits": Tool(Toolbox.list_habits, ListHabitsArgs),
    "create_habit": Tool(Toolbox.create_habit, CreateHabitArgs),
    "change_habit": Tool(Toolbox.change_habit, ChangeHabitArgs),
    "archive_habit": Tool(Toolbox.archive_habit, HabitArgs),
    "unarchive_habit": Tool(Toolbox.unarchive_habit, HabitArgs),
    "delete_habit": Tool(Toolbox.delete_habit, HabitArgs),
    "check_in": Tool(Toolbox.check_in, CheckInArgs),
    "undo_check_in": Tool(Toolbox.undo_check_in, DayArgs),
    "get_stats": Tool(Toolbox.get_stats, HabitArgs),
    "get_days": Tool(Toolbox.get_days, DaysArgs),
    "weekly_review": Tool(Toolbox.weekly_review, WeekArgs),
}

DECLARATIONS = [types.Tool(function_declarations=[tool.declaration() for tool in TOOLS.values()])]
