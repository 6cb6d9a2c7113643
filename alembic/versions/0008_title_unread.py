"""Posts of which Civitai did not tell title, tags and date say so: they are asked for again."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table posts add column title_unread boolean not null default false")


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table posts drop column title_unread")
