"""Accounts in the database. Functions that take an engine use a short session of their own."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Engine, bindparam, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, exists, select

from habit_tracker.core.security import ACCESS_TOKEN_LIFETIME, Claims
from habit_tracker.models import EndedSession, LoginSession, User

USE_NOTED_EVERY = timedelta(minutes=10)
"""Oftener would turn every read into a write."""

USER_AGENT_LENGTH = 200

# The leeway that tokens get, and then some.
ENDED_FOR = ACCESS_TOKEN_LIFETIME + timedelta(hours=1)
"""After so long a session that has ended has no token left, and its row can go."""


def create(engine: Engine, email: str, password_hash: str, time_zone: str) -> User | None:
    """Add an account. None when the address has one, even if that happened this very moment."""
    user = User(email=email, password_hash=password_hash, time_zone=time_zone)
    with Session(engine, expire_on_commit=False) as session:
        session.add(user)
        try:
            session.commit()
        except IntegrityError:
            return None
        session.refresh(user)
    return user


def find(engine: Engine, email: str) -> User | None:
    """The account with this address."""
    with Session(engine) as session:
        return session.exec(select(User).where(col(User.email) == email)).one_or_none()


# Made once: building a statement costs more than running it.
_AUTHENTICATE = (
    select(User, LoginSession.last_used_at)
    .outerjoin(
        LoginSession,
        (col(LoginSession.id) == bindparam("session_id"))
        & (col(LoginSession.user_id) == col(User.id)),
    )
    .where(
        col(User.id) == bindparam("user_id"),
        col(User.token_generation) == bindparam("generation"),
        ~exists().where(col(EndedSession.id) == bindparam("session_id")),
        # See end_unlisted.
        or_(
            col(LoginSession.id).is_not(None),
            ~exists().where(
                col(EndedSession.id) == bindparam("user_id"),
                col(EndedSession.expires_at) > bindparam("ended_later_than"),
            ),
        ),
    )
)


def authenticate(session: Session, claims: Claims) -> tuple[User, datetime | None] | None:
    """The account that a token is for, and when the session was last noted as used.

    None when account or session have ended. One statement.
    """
    values = {
        "user_id": claims.user_id,
        "generation": claims.generation,
        "session_id": claims.session_id,
        "ended_later_than": claims.logged_in_at + ENDED_FOR,
    }
    found = session.execute(_AUTHENTICATE, values).one_or_none()
    return None if found is None else (found[0], found[1])


def note_use(session: Session, claims: Claims, user_agent: str) -> None:
    """Note that a session is used, for the list.

    A session without a row gets one: it began in a version that had no list.
    """
    row = insert(LoginSession).values(
        id=claims.session_id,
        user_id=claims.user_id,
        created_at=claims.logged_in_at,
        last_used_at=datetime.now(UTC),
        user_agent=user_agent[:USER_AGENT_LENGTH],
    )
    # The account may be deleted at this moment; the request finds out by itself.
    with suppress(IntegrityError):
        session.execute(
            row.on_conflict_do_update(
                index_elements=["id"],
                set_={"last_used_at": row.excluded.last_used_at},
                where=col(LoginSession.user_id) == row.excluded.user_id,
            )
        )


def begin_session(engine: Engine, user: User, user_agent: str) -> Claims:
    """A new session, in the list from now on. Rows of sessions that are over go."""
    now = datetime.now(UTC)
    claims = Claims(user.id, uuid4(), user.token_generation, now)
    with Session(engine) as session:
        session.exec(
            delete(LoginSession).where(
                col(LoginSession.user_id) == user.id,
                col(LoginSession.last_used_at) < _oldest_alive(now),
            )
        )
        note_use(session, claims, user_agent)
        session.commit()
    return claims


def sessions(session: Session, user: User) -> list[LoginSession]:
    """The sessions that have not ended, the one used last first."""
    query = (
        select(LoginSession)
        .where(
            col(LoginSession.user_id) == user.id,
            col(LoginSession.last_used_at) >= _oldest_alive(datetime.now(UTC)),
            ~exists().where(col(EndedSession.id) == col(LoginSession.id)),
        )
        .order_by(col(LoginSession.last_used_at).desc(), col(LoginSession.id))
    )
    return list(session.exec(query))


def end_sessions(session: Session, user_id: UUID, ids: Sequence[UUID]) -> None:
    """Make every token of these sessions worthless. Doing so again changes nothing."""
    now = datetime.now(UTC)
    session.exec(
        delete(EndedSession).where(
            col(EndedSession.user_id) == user_id, col(EndedSession.expires_at) < now
        )
    )
    if ids:
        session.execute(
            insert(EndedSession)
            .values([{"id": id_, "user_id": user_id, "expires_at": now + ENDED_FOR} for id_ in ids])
            .on_conflict_do_nothing()
        )
    session.exec(
        delete(LoginSession).where(
            col(LoginSession.user_id) == user_id, col(LoginSession.id).in_(ids)
        )
    )


def end_unlisted(session: Session, user_id: UUID) -> None:
    """Make every token worthless whose session began before now and is not in the list.

    The previous version lists none, and who has stolen a token need not have used it yet. The
    account's own id stands for these sessions.
    """
    ended = insert(EndedSession).values(
        id=user_id, user_id=user_id, expires_at=datetime.now(UTC) + ENDED_FOR
    )
    session.execute(
        ended.on_conflict_do_update(
            index_elements=["id"], set_={"expires_at": ended.excluded.expires_at}
        )
    )


def replace_hash(engine: Engine, user: User, password_hash: str) -> None:
    """Store the same password under today's parameters, unless it was changed meanwhile."""
    with Session(engine) as session:
        session.execute(
            update(User)
            .where(col(User.id) == user.id, col(User.password_hash) == user.password_hash)
            .values(password_hash=password_hash)
        )
        session.commit()


def change_password(engine: Engine, user: User, password_hash: str) -> User | None:
    """Store a new password and end all sessions. None when it was changed meanwhile."""
    with Session(engine, expire_on_commit=False) as session:
        changed = session.scalars(
            update(User)
            .where(col(User.id) == user.id, col(User.password_hash) == user.password_hash)
            .values(password_hash=password_hash, token_generation=User.token_generation + 1)
            .returning(User)
        ).one_or_none()
        if changed is not None:
            session.exec(delete(LoginSession).where(col(LoginSession.user_id) == user.id))
        session.commit()
    return changed


def remove(engine: Engine, user_id: UUID) -> None:
    """Delete an account with all its data."""
    with Session(engine) as session:
        session.exec(delete(User).where(col(User.id) == user_id))
        session.commit()


def _oldest_alive(now: datetime) -> datetime:
    """A session that was not used since then has no token left: each use may have renewed it."""
    return now - ACCESS_TOKEN_LIFETIME - USE_NOTED_EVERY
