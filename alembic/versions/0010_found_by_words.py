"""A search for words reads which assets show the images it found in the index itself."""

from alembic import op

revision = "0010"
down_revision = "0009"

NAMED = "create unique index assets_image_id on assets (image_id) {} where image_id is not null"


def _replace(included: str) -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop index assets_image_id")
    op.execute(NAMED.format(included))


def upgrade() -> None:
    _replace("include (asset_id, post_id)")


def downgrade() -> None:
    _replace("")
