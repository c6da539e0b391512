"""What was said to the chatbot, and what it still needs the user's leave for."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, delete, select

from habit_tracker import chat_undo, habits
from habit_tracker.chat_undo import Change, DayChanged, HabitChanged, HabitDeleted
from habit_tracker.core.errors import NotFoundError
from habit_tracker.models import ChatConfirmation, ChatMessage, ChatUndo, Habit, User
from habit_tracker.schemas import (
    ChatAction,
    ChatMessagePublic,
    ChatReply,
    Confirmation,
    HabitUpdate,
)

KEPT_MESSAGES = 200
"""For each user; the oldest go first."""

CONFIRMATION_LIFETIME = timedelta(hours=1)

RETRY_WITHIN = timedelta(minutes=10)
"""The same question after a failed answer is the same question until then."""


def read(session: Session, user: User, last: int = KEPT_MESSAGES) -> list[ChatMessagePublic]:
    """The last messages, oldest first. Actions that can be taken back no more say so."""
    undoable = chat_undo.still_open(session, user)
    messages = [_public(row) for row in _rows(session, user, last)]
    for message in messages:
        for action in message.actions:
            if action.undo not in undoable:
                action.undo = None
    return messages


def calls_of_failed(session: Session, user: User, question: str) -> list[dict[str, Any]]:
    """What the tools had done when the answer to this very question failed a moment ago."""
    match _rows(session, user, 2):
        case [ChatMessage(role="user", text=text), ChatMessage(role="assistant") as answer]:
            if text == question and answer.created_at and answer.created_at >= _oldest_retry():
                return answer.calls
    return []


def _rows(session: Session, user: User, last: int) -> list[ChatMessage]:
    query = (
        select(ChatMessage)
        .where(col(ChatMessage.user_id) == user.id)
        .order_by(col(ChatMessage.id).desc())
        .limit(last)
    )
    return list(reversed(session.exec(query).all()))


def _public(row: ChatMessage) -> ChatMessagePublic:
    return ChatMessagePublic.model_validate(row.model_dump(exclude={"calls"}))


def add(
    session: Session,
    user: User,
    question: str | None,
    reply: ChatReply,
    calls: Sequence[dict[str, Any]] = (),
) -> None:
    """Keep a message and its answer; `question` is None when the user only clicked.

    `calls` are those of an answer that failed: see models.ChatMessage.
    """
    if question is not None:
        session.add(ChatMessage(user_id=user.id, role="user", text=question, actions=[]))
        session.flush()  # in this order
    actions = [action.model_dump(mode="json") for action in reply.actions]
    session.add(
        ChatMessage(
            user_id=user.id,
            role="assistant",
            text=reply.reply,
            actions=actions,
            calls=list(calls),
        )
    )
    session.flush()
    oldest = (
        select(col(ChatMessage.id))
        .where(col(ChatMessage.user_id) == user.id)
        .order_by(col(ChatMessage.id).desc())
        .offset(KEPT_MESSAGES)
    )
    session.exec(delete(ChatMessage).where(col(ChatMessage.id).in_(oldest)))


def erase(session: Session, user: User) -> None:
    """Forget everything."""
    for table in (ChatMessage, ChatConfirmation, ChatUndo):
        session.exec(delete(table).where(col(table.user_id) == user.id))


def ask(
    session: Session, user: User, tool: str, habit_id: UUID, name: str, day: date | None
) -> Confirmation:
    """Note that the user is asked whether to do something; asked again, it is one question."""
    arguments = {} if day is None else {"date": str(day)}
    session.exec(
        delete(ChatConfirmation).where(
            col(ChatConfirmation.user_id) == user.id,
            (col(ChatConfirmation.created_at) < _oldest_open())
            | (
                (col(ChatConfirmation.habit_id) == habit_id)
                & (col(ChatConfirmation.tool) == tool)
                & (col(ChatConfirmation.arguments) == arguments)
            ),
        )
    )
    asked = ChatConfirmation(user_id=user.id, habit_id=habit_id, tool=tool, arguments=arguments)
    session.add(asked)
    session.flush()
    return _confirmation(asked, name)


def open_questions(session: Session, user: User) -> list[Confirmation]:
    """What the user has still to answer, oldest first."""
    query = (
        select(ChatConfirmation, Habit.name)
        .join(Habit, col(Habit.id) == col(ChatConfirmation.habit_id))
        .where(
            col(ChatConfirmation.user_id) == user.id,
            col(ChatConfirmation.created_at) >= _oldest_open(),
            col(Habit.deleted_at).is_(None),
        )
        .order_by(col(ChatConfirmation.created_at))
    )
    return [_confirmation(asked, name) for asked, name in session.exec(query)]


def settle(session: Session, user: User, confirmation_id: UUID, *, accept: bool) -> ChatReply:
    """Do what was asked for, or drop it. Raises NotFoundError when nothing was asked, or no more.

    A question is answered once: of two answers at the same moment one finds it gone.
    """
    asked = session.scalars(
        delete(ChatConfirmation)
        .where(
            col(ChatConfirmation.id) == confirmation_id,
            col(ChatConfirmation.user_id) == user.id,
            col(ChatConfirmation.created_at) >= _oldest_open(),
        )
        .returning(ChatConfirmation)
    ).one_or_none()
    if asked is None:
        raise NotFoundError("There is no such question any more. Ask the chatbot again.")
    habit = habits.get(session, user, asked.habit_id)
    question = _confirmation(asked, habit.name)
    reply = ChatReply(reply=f"“{habit.name}” stays as it is.", actions=[])
    if accept:
        text, change = _do(session, user, question)
        undo = change and chat_undo.note(session, user, habit.id, change)
        action = ChatAction(tool=asked.tool, habit=habit.name, habit_id=habit.id, undo=undo)
        reply = ChatReply(reply=text, actions=[action])
    add(session, user, None, reply)
    return reply


def _do(session: Session, user: User, asked: Confirmation) -> tuple[str, Change | None]:
    """What was agreed to; says so, and how it can be taken back, if there was anything to do."""
    match asked.tool, asked.date:
        case "undo_check_in", date() as day:
            before = chat_undo.day_of(session, asked.habit_id, day)
            habits.undo_check_in(session, user, asked.habit_id, day)
            text = f"“{asked.habit}” has nothing recorded for {day} any more."
            if before is None:
                return text, None
            return text, DayChanged(day=day, before=before, after=None)
        case "delete_habit", _:
            habits.remove(session, user, asked.habit_id)
            return f"“{asked.habit}” is in the trash.", HabitDeleted()
        case _:
            # The previous version asked this one, and no other.
            habits.change(session, user, asked.habit_id, HabitUpdate(archived=True))
            change = HabitChanged(before={"archived": False}, after={"archived": True})
            return f"“{asked.habit}” is archived.", change


def take_back(session: Session, user: User, undo_id: UUID) -> ChatReply:
    """Undo a change of the chatbot, and say so in the conversation. Raises as chat_undo does."""
    habit_id, name = chat_undo.take_back(session, user, undo_id)
    action = ChatAction(tool="undo", habit=name, habit_id=habit_id)
    reply = ChatReply(reply=f"“{name}” is as it was before.", actions=[action])
    add(session, user, None, reply)
    return reply


def _confirmation(asked: ChatConfirmation, name: str) -> Confirmation:
    return Confirmation(
        id=asked.id,
        tool=asked.tool,
        habit=name,
        habit_id=asked.habit_id,
        date=asked.arguments.get("date"),
    )


def _oldest_open() -> datetime:
    return datetime.now(UTC) - CONFIRMATION_LIFETIME


def _oldest_retry() -> datetime:
    return datetime.now(UTC) - RETRY_WITHIN
