"""Time zones, schedules, order, archive, skips and notes, ended sessions, chat history.

The previous version runs on this schema: every new column has a default, nothing is renamed.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add columns and tables.

    Habits keep the order that they have had by age: that is what equal positions mean.
    """
    _add("users", sa.Column("time_zone", sa.String(64), server_default="UTC"))
    _add("users", sa.Column("token_generation", sa.Integer(), server_default="0"))
    _add(
        "habits",
        sa.Column(
            "schedule", postgresql.JSONB(), server_default=sa.text("""'{"kind": "daily"}'""")
        ),
    )
    _add("habits", sa.Column("position", sa.Integer(), server_default="0"))
    _add("habits", sa.Column("archived", sa.Boolean(), server_default=sa.false()))
    _add("habits", sa.Column("version", sa.Integer(), server_default="1"))
    _add("checkins", sa.Column("status", sa.String(4), server_default="done"))
    _add("checkins", sa.Column("count", sa.Integer(), server_default="1"))
    _add("checkins", sa.Column("note", sa.String(500), server_default=""))
    op.create_table(
        "ended_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        _owner(),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ended_sessions"),
        _belongs_to_user("ended_sessions"),
    )
    op.create_index("ix_ended_sessions_user_id", "ended_sessions", ["user_id"])
    op.create_table(
        "chat_messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _owner(),
        sa.Column("role", sa.String(9), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("actions", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("id", name="pk_chat_messages"),
        _belongs_to_user("chat_messages"),
    )
    op.create_index("ix_chat_messages_user_id", "chat_messages", ["user_id"])
    op.create_table(
        "chat_confirmations",
        sa.Column("id", sa.Uuid(), nullable=False),
        _owner(),
        sa.Column("habit_id", sa.Uuid(), nullable=False),
        sa.Column("tool", sa.String(40), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("id", name="pk_chat_confirmations"),
        _belongs_to_user("chat_confirmations"),
        sa.ForeignKeyConstraint(
            ["habit_id"],
            ["habits.id"],
            name="fk_chat_confirmations_habit_id_habits",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_chat_confirmations_user_id", "chat_confirmations", ["user_id"])
    op.create_index("ix_chat_confirmations_habit_id", "chat_confirmations", ["habit_id"])


def downgrade() -> None:
    """Drop what upgrade added, with the data in it."""
    for table in ("chat_confirmations", "chat_messages", "ended_sessions"):
        op.drop_table(table)
    for table, column in [
        ("checkins", "note"),
        ("checkins", "count"),
        ("checkins", "status"),
        ("habits", "version"),
        ("habits", "archived"),
        ("habits", "position"),
        ("habits", "schedule"),
        ("users", "token_generation"),
        ("users", "time_zone"),
    ]:
        op.drop_column(table, column)


def _add(table: str, column: "sa.Column[object]") -> None:
    # With a constant default PostgreSQL changes the catalogue only: no rewrite, a short lock.
    column.nullable = False
    op.add_column(table, column)


def _owner() -> "sa.Column[object]":
    return sa.Column("user_id", sa.Uuid(), nullable=False)


def _created_at() -> "sa.Column[object]":
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
    )


def _belongs_to_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=f"fk_{table}_user_id_users", ondelete="CASCADE"
    )
