"""What is watched knows whether Civitai was asked for it, and a creator which name their media bear by now."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table watches add column looked_at timestamptz")
    op.execute("alter table creators add column renamed_to text")


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table creators drop column renamed_to")
    op.execute("alter table watches drop column looked_at")
