"""Goals, icons, pauses, the history of schedules and goals, the trash, a person's week and day.

The previous version runs on this schema: every new column has a default or may be empty, and a
habit that it wrote needs no row in the new tables.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add columns and tables."""
    # With a constant default PostgreSQL changes the catalogue only: no rewrite, a short lock.
    for table, column in _columns():
        op.add_column(table, column)
    op.create_index(
        "ix_habits_deleted_at",
        "habits",
        ["deleted_at"],
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_table(
        "past_rules",
        sa.Column("habit_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("schedule", postgresql.JSONB(), nullable=False),
        sa.Column("goal", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("habit_id", "until", name="pk_past_rules"),
        _belongs_to_habit("past_rules"),
    )
    op.create_table(
        "pauses",
        sa.Column("habit_id", sa.Uuid(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("habit_id", "first", name="pk_pauses"),
        _belongs_to_habit("pauses"),
    )


def downgrade() -> None:
    """Drop what upgrade added, with the data in it."""
    op.drop_table("pauses")
    op.drop_table("past_rules")
    op.drop_index("ix_habits_deleted_at", "habits")
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)


def _columns() -> "list[tuple[str, sa.Column[Any]]]":
    return [
        ("users", sa.Column("week_start", sa.Integer(), server_default="1", nullable=False)),
        ("users", sa.Column("day_ends_at", sa.Integer(), server_default="0", nullable=False)),
        ("habits", sa.Column("goal", postgresql.JSONB(), nullable=True)),
        ("habits", sa.Column("icon", sa.String(16), nullable=True)),
        ("habits", sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False)),
        ("habits", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True)),
    ]


def _belongs_to_habit(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["habit_id"], ["habits.id"], name=f"fk_{table}_habit_id_habits", ondelete="CASCADE"
    )
