"""A list of sessions; what the chatbot did and how it is taken back, and how much it is used.

The previous version runs on this schema: new columns have defaults, and it knows no new table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add tables and columns. A session from before gets its row when it is used next."""
    op.create_table(
        "sessions",
        _id(),
        _owner(),
        _moment("created_at"),
        _moment("last_used_at"),
        sa.Column("user_agent", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        _belongs_to_user("sessions"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    # With a constant default PostgreSQL changes the catalogue only: no rewrite, a short lock.
    op.add_column("chat_messages", _json("calls", "'[]'"))
    op.add_column("chat_confirmations", _json("arguments", "'{}'"))
    op.create_table(
        "chat_undos",
        _id(),
        _owner(),
        sa.Column("habit_id", sa.Uuid(), nullable=False),
        sa.Column("change", postgresql.JSONB(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="pk_chat_undos"),
        _belongs_to_user("chat_undos"),
        sa.ForeignKeyConstraint(
            ["habit_id"], ["habits.id"], name="fk_chat_undos_habit_id_habits", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_chat_undos_user_id", "chat_undos", ["user_id"])
    op.create_index("ix_chat_undos_habit_id", "chat_undos", ["habit_id"])
    op.create_table(
        "chat_usage",
        _owner(),
        _moment("busy_until"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_chat_usage"),
        _belongs_to_user("chat_usage"),
    )


def downgrade() -> None:
    """Drop what upgrade added: sessions go on, unlisted."""
    op.drop_table("chat_usage")
    op.drop_table("chat_undos")
    op.drop_column("chat_confirmations", "arguments")
    op.drop_column("chat_messages", "calls")
    op.drop_table("sessions")


def _id() -> "sa.Column[object]":
    return sa.Column("id", sa.Uuid(), nullable=False)


def _owner() -> "sa.Column[object]":
    return sa.Column("user_id", sa.Uuid(), nullable=False)


def _moment(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _json(name: str, default: str) -> "sa.Column[object]":
    return sa.Column(name, postgresql.JSONB(), server_default=sa.text(default), nullable=False)


def _belongs_to_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=f"fk_{table}_user_id_users", ondelete="CASCADE"
    )
