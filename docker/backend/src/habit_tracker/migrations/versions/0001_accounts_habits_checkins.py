"""Accounts, habits and check-ins."""

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Create the first three tables."""
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_table(
        "habits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("color", sa.String(length=7), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="pk_habits"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_habits_user_id_users", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_habits_user_id", "habits", ["user_id"])
    op.create_table(
        "checkins",
        sa.Column("habit_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("habit_id", "day", name="pk_checkins"),
        sa.ForeignKeyConstraint(
            ["habit_id"], ["habits.id"], name="fk_checkins_habit_id_habits", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    """Drop everything."""
    op.drop_table("checkins")
    op.drop_table("habits")
    op.drop_table("users")
