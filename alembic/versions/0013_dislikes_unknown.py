"""Dislikes may be unknown while the other counters are known."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for name in ("dislike_count", "dislike_gain"):
        op.execute(f"alter table image_stats_history alter column {name} drop not null")


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("update image_stats_history set dislike_count = 0 where dislike_count is null")
    op.execute("update image_stats_history set dislike_gain = 0 where dislike_gain is null")
    op.execute("alter table image_stats_history alter column dislike_count set not null")
    op.execute("alter table image_stats_history alter column dislike_gain set not null")
