"""Assets are found by what they were made from, and by the name Civitai gave their file, whatever its size."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(
        "create index assets_input_asset_ids on assets using gin (input_asset_ids) where input_asset_ids <> '{}'"
    )
    # https://image.civitai.com/ACCOUNT/NAME/original=true/FILE: the fifth part is the name.
    op.execute(
        "create index assets_civitai_file on assets (split_part(asset_url, '/', 5)) "
        "where asset_url like 'https://image.civitai.com/%'"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop index assets_civitai_file, assets_input_asset_ids")
