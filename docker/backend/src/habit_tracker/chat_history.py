"""What was said to the chatbot, and what it still needs the user's leave for."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, delete, select

from habit_tracker import habits
from habit_tracker.core.problems import Problem
from habit_tracker.models import ChatConfirmation, ChatMessage, Habit, User
from habit_tracker.schemas import (
    ChatAction,
    ChatMessagePublic,
    ChatReply,
    Confirmation,
    HabitPublic,
    HabitUpdate,
)

KEPT_MESSAGES = 200
"""For each user; the oldest go first."""

CONFIRMATION_LIFETIME = timedelta(hours=1)


def read(session: Session, user: User, last: int = KEPT_MESSAGES) -> list[ChatMessagePublic]:
    """The last messages, oldest first."""
    query = (
        select(ChatMessage)
        .where(col(ChatMessage.user_id) == user.id)
        .order_by(col(ChatMessage.id).desc())
        .limit(last)
    )
    rows = reversed(session.exec(query).all())
    return [ChatMessagePublic.model_validate(row.model_dump()) for row in rows]


def add(session: Session, user: User, question: str | None, reply: ChatReply) -> None:
    """Keep a message and its answer; `question` is None when the user only clicked."""
    if question is not None:
        session.add(ChatMessage(user_id=user.id, role="user", text=question, actions=[]))
        session.flush()  # in this order
    actions = [action.model_dump(mode="json") for action in reply.actions]
    session.add(ChatMessage(user_id=user.id, role="assistant", text=reply.reply, actions=actions))
    session.flush()
    oldest = (
        select(col(ChatMessage.id))
        .where(col(ChatMessage.user_id) == user.id)
        .order_by(col(ChatMessage.id).desc())
        .offset(KEPT_MESSAGES)
    )
    session.exec(delete(ChatMessage).where(col(ChatMessage.id).in_(oldest)))
    session.commit()


def erase(session: Session, user: User) -> None:
    """Forget everything."""
    session.exec(delete(ChatMessage).where(col(ChatMessage.user_id) == user.id))
    session.exec(delete(ChatConfirmation).where(col(ChatConfirmation.user_id) == user.id))
    session.commit()


def ask_to_archive(session: Session, user: User, habit: HabitPublic) -> Confirmation:
    """Note that the user is asked whether to archive a habit; asked again, it is one question."""
    session.exec(
        delete(ChatConfirmation).where(
            col(ChatConfirmation.user_id) == user.id,
            (col(ChatConfirmation.created_at) < _oldest_open())
            | (col(ChatConfirmation.habit_id) == habit.id),
        )
    )
    asked = ChatConfirmation(user_id=user.id, habit_id=habit.id, tool="archive_habit")
    session.add(asked)
    session.commit()
    return Confirmation(id=asked.id, tool=asked.tool, habit=habit.name, habit_id=habit.id)


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
    return [
        Confirmation(id=asked.id, tool=asked.tool, habit=name, habit_id=asked.habit_id)
        for asked, name in session.exec(query)
    ]


def settle(session: Session, user: User, confirmation_id: UUID, *, accept: bool) -> ChatReply:
    """Do what was asked for, or drop it. Raises a 404 problem when nothing was asked, or no more.

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
        raise Problem(404, "There is no such question any more. Ask the chatbot again.")
    habit = habits.get(session, user, asked.habit_id)
    reply = ChatReply(reply=f"“{habit.name}” stays as it is.", actions=[])
    if accept:
        habits.change(session, user, habit.id, HabitUpdate(archived=True))
        action = ChatAction(tool=asked.tool, habit=habit.name, habit_id=habit.id)
        reply = ChatReply(reply=f"“{habit.name}” is archived.", actions=[action])
    add(session, user, None, reply)
    return reply


def _oldest_open() -> datetime:
    return datetime.now(UTC) - CONFIRMATION_LIFETIME
