"""What the chatbot can do: tools bound to one user, with validated arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.genai import types
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine
from sqlmodel import Session

from habit_tracker import chat_history, habits
from habit_tracker.core.errors import DomainError, NotFoundError
from habit_tracker.core.schedule import Schedule
from habit_tracker.models import User
from habit_tracker.schemas import (
    ChatAction,
    CheckInData,
    Color,
    Confirmation,
    Count,
    Day,
    HabitCreate,
    HabitPublic,
    Name,
    Note,
    Status,
)


class Arguments(BaseModel):
    """What a model made up on top is an error that it gets to hear about."""

    model_config = ConfigDict(extra="forbid")


class ListHabitsArgs(Arguments):
    """No arguments."""


class CreateHabitArgs(Arguments):
    """What the habit is called, looks like, and when it is due."""

    name: Name = Field(description="What the habit is called.")
    color: Color | None = Field(None, description="A colour such as #22c55e.")
    schedule: Schedule | None = Field(
        None,
        description="When it is due: daily (also when left out), on weekdays (1 is Monday), "
        "or a number of times a week.",
    )


class HabitArgs(Arguments):
    """Which habit."""

    habit: str = Field(max_length=100, description="The habit's name, as list_habits gives it.")


class DayArgs(HabitArgs):
    """Which habit, and when."""

    date: Day | None = Field(None, description="The day, YYYY-MM-DD; today when left out.")


class CheckInArgs(DayArgs):
    """Which habit was done or skipped, when, how often."""

    status: Status = Field("done", description="skip for a day off that breaks no streak.")
    count: Count = Field(1, description="How often, or how much.")
    note: Note = Field("", description="The user's own words about it.")


@dataclass(frozen=True)
class Toolbox:
    """The tools, bound to one user and one answer; `emit` hears of everything that they change."""

    engine: Engine
    user: User
    emit: Callable[[ChatAction | Confirmation], None]

    def call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Run a tool. A mistake comes back as text, so that the model can mend it."""
        tool = TOOLS.get(name)
        if tool is None:
            return {"error": f"There is no tool {name}. There are: {', '.join(TOOLS)}."}
        try:
            checked = tool.arguments.model_validate(arguments)
            # A session per call: no connection is held while the model thinks.
            with Session(self.engine, expire_on_commit=False) as session:
                result = tool.run(self, session, checked)
                session.commit()
                return {"result": result}
        except ValidationError as error:
            wrong = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            return {"error": f"Wrong arguments for {name}: {'; '.join(wrong)}."}
        except DomainError as error:
            return {"error": error.detail}

    def list_habits(self, session: Session, _: ListHabitsArgs) -> list[dict[str, Any]]:
        """List the user's habits: schedules, streaks, and the done days of the last 30."""
        wanted = {"name", "schedule", "due_today", "checked_today", "streak", "streak_unit"}
        return [
            habit.model_dump(mode="json", include=wanted | {"checkins"})
            for habit in self._own(session)
        ]

    def create_habit(self, session: Session, args: CreateHabitArgs) -> str:
        """Create a habit."""
        data = HabitCreate.model_validate(args.model_dump(exclude_none=True))
        habit = habits.create(session, self.user, data)
        self._acted("create_habit", habit)
        return f"Created {habit.name}."

    def check_in(self, session: Session, args: CheckInArgs) -> str:
        """Record that a habit was done or skipped on a day. Replaces what was recorded for it."""
        habit = self._by_name(session, args.habit)
        day = args.date or habits.today_of(self.user)
        data = CheckInData(status=args.status, count=args.count, note=args.note)
        habits.check_in(session, self.user, habit.id, day, data)
        self._acted("check_in", habit)
        return f"Recorded {habit.name} as {args.status} on {day}."

    def undo_check_in(self, session: Session, args: DayArgs) -> str:
        """Forget what was recorded for a habit on a day."""
        habit = self._by_name(session, args.habit)
        day = args.date or habits.today_of(self.user)
        habits.undo_check_in(session, self.user, habit.id, day)
        self._acted("undo_check_in", habit)
        return f"{habit.name} has no check-in on {day} any more."

    def get_stats(self, session: Session, args: HabitArgs) -> dict[str, Any]:
        """Get a habit's streaks, its 30-day rate and its score (both 0 to 1)."""
        habit = self._by_name(session, args.habit)
        return habit.model_dump(mode="json", exclude={"id", "color", "position", "version"})

    def archive_habit(self, session: Session, args: HabitArgs) -> str:
        """Ask the user to confirm that a habit is to be archived. Archives nothing by itself."""
        habit = self._by_name(session, args.habit)
        self.emit(chat_history.ask_to_archive(session, self.user, habit))
        return f"{habit.name} is not archived yet: the user sees a button to confirm it."

    def _acted(self, tool: str, habit: HabitPublic) -> None:
        self.emit(ChatAction(tool=tool, habit=habit.name, habit_id=habit.id))

    def _own(self, session: Session) -> list[HabitPublic]:
        return habits.list_page(session, self.user)[0]

    def _by_name(self, session: Session, name: str) -> HabitPublic:
        own = self._own(session)
        matches = [habit for habit in own if habit.name.casefold() == name.strip().casefold()]
        if len(matches) != 1:
            found = "several habits are" if matches else "no habit is"
            names = ", ".join(habit.name for habit in own) or "none"
            raise NotFoundError(f"{found} called {name}. The user's habits: {names}.")
        return matches[0]


@dataclass(frozen=True)
class Tool:
    """How a tool is announced to the model and run."""

    run: Callable[[Toolbox, Session, Any], Any]
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
    "check_in": Tool(Toolbox.check_in, CheckInArgs),
    "undo_check_in": Tool(Toolbox.undo_check_in, DayArgs),
    "get_stats": Tool(Toolbox.get_stats, HabitArgs),
    "archive_habit": Tool(Toolbox.archive_habit, HabitArgs),
}

DECLARATIONS = [types.Tool(function_declarations=[tool.declaration() for tool in TOOLS.values()])]
