"""One conversation at a time for each person, and a budget of tokens a day.

Both are in the database: two replicas must not answer the same person at once, and a budget that
each of them counted for itself would be none.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Date, Integer, case, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from habit_tracker.core.errors import TooSoonError
from habit_tracker.models import ChatUsage, User

BUSY_RETRY_SECONDS = 2


def begin(session: Session, user: User, budget: int, lease: timedelta) -> datetime:
    """Claim the conversation for an answer; returns what `end` wants.

    `budget` is in tokens for a day of UTC; 0 is none. The claim ends by itself after `lease`, for
    a process that ends before. Raises TooSoonError when another answer is being made, or the
    budget is used up.
    """
    now = datetime.now(UTC)
    claim = insert(ChatUsage).from_select(
        ["user_id", "busy_until", "day", "tokens"],
        select(
            col(User.id),
            literal(now + lease),
            literal(now.date(), Date),
            literal(0, Integer),
        ).where(col(User.id) == user.id),
    )
    is_today = col(ChatUsage.day) == claim.excluded.day
    claimed: datetime | None = session.scalar(
        claim.on_conflict_do_update(
            index_elements=["user_id"],
            set_={
                "busy_until": claim.excluded.busy_until,
                "day": claim.excluded.day,
                "tokens": case((is_today, col(ChatUsage.tokens)), else_=0),
            },
            where=(col(ChatUsage.busy_until) <= now)
            & or_(literal(budget == 0), ~is_today, col(ChatUsage.tokens) < budget),
        ).returning(col(ChatUsage.busy_until))
    )
    if claimed is not None:
        return claimed
    usage = session.scalars(select(ChatUsage).where(col(ChatUsage.user_id) == user.id)).one()
    if budget and usage.day == now.date() and usage.tokens >= budget:
        midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
        raise TooSoonError(
            "You have used up what the assistant may be asked in a day. It goes on after "
            "midnight, in UTC.",
            seconds=max(1, int((midnight - now).total_seconds())),
        )
    raise TooSoonError(
        "The assistant is still answering your last message. Wait until it has.",
        seconds=BUSY_RETRY_SECONDS,
    )


def end(session: Session, user_id: UUID, claim: datetime, tokens: int) -> None:
    """Count an answer's tokens, and let the next one begin."""
    session.execute(
        update(ChatUsage)
        .where(col(ChatUsage.user_id) == user_id)
        .values(
            tokens=col(ChatUsage.tokens) + tokens,
            # A claim that ended by itself may be somebody else's by now.
            busy_until=case(
                (col(ChatUsage.busy_until) == claim, func.now()), else_=col(ChatUsage.busy_until)
            ),
        )
    )
