"""How Civitai calls versions of models that media name by number only."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(
        "create table model_versions ("
        "version_id bigint primary key, model_name text, name text, type text, base_model text, "
        "looked_at timestamptz not null)"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop table model_versions")
