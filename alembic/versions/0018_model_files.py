"""By which file and hashes a version of a model is known: a LoRA named by its file is the one named by number."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table model_versions add column file text, add column hashes text[] not null default '{}'")
    op.execute("update model_versions set looked_at = timestamptz 'epoch'")  # so that all are asked for again


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table model_versions drop column file, drop column hashes")
