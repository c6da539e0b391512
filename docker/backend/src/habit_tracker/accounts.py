"""Accounts in the database. Every function uses its own short session: see api/deps.py."""

from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from habit_tracker.models import User


def create(engine: Engine, email: str, password_hash: str) -> User | None:
    """Add an account. None when the address has one, even if that happened this very moment."""
    user = User(email=email, password_hash=password_hash)
    with Session(engine, expire_on_commit=False) as session:
        session.add(user)
        try:
            session.commit()
        except IntegrityError:
            return None
    return user


def find(engine: Engine, email: str) -> User | None:
    """The account with this address."""
    with Session(engine) as session:
        return session.exec(select(User).where(col(User.email) == email)).one_or_none()


def get(engine: Engine, user_id: UUID) -> User | None:
    """The account with this id."""
    with Session(engine) as session:
        return session.get(User, user_id)
