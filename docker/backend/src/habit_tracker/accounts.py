"""Accounts in the database. Functions that take an engine use a short session of their own."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, bindparam, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, exists, select

from habit_tracker.core.security import ACCESS_TOKEN_LIFETIME, Claims
from habit_tracker.models import EndedSession, User


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
_AUTHENTICATE = select(User).where(
    col(User.id) == bindparam("user_id"),
    col(User.token_generation) == bindparam("generation"),
    ~exists().where(col(EndedSession.id) == bindparam("session_id")),
)


def authenticate(session: Session, claims: Claims) -> User | None:
    """The account that a token is for; None when account or session have ended. One statement."""
    values = {
        "user_id": claims.user_id,
        "generation": claims.generation,
        "session_id": claims.session_id,
    }
    return session.scalars(_AUTHENTICATE, values).one_or_none()


def end_session(session: Session, claims: Claims) -> None:
    """Make every token of this session worthless. Doing so again changes nothing."""
    now = datetime.now(UTC)
    session.exec(
        delete(EndedSession).where(
            col(EndedSession.user_id) == claims.user_id, col(EndedSession.expires_at) < now
        )
    )
    session.execute(
        insert(EndedSession)
        .values(
            id=claims.session_id,
            user_id=claims.user_id,
            # The leeway that tokens get, and then some.
            expires_at=now + ACCESS_TOKEN_LIFETIME + timedelta(hours=1),
        )
        .on_conflict_do_nothing()
    )
    session.commit()


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
        session.commit()
    return changed


def remove(engine: Engine, user_id: UUID) -> None:
    """Delete an account with all its data."""
    with Session(engine) as session:
        session.exec(delete(User).where(col(User.id) == user_id))
        session.commit()
