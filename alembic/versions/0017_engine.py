"""What starts the jobs, where somebody chose: a clock of ours, Airflow, or nothing."""

from alembic import op

revision = "0017"
down_revision = "0016"

CHOSEN = """
create table chosen_engine (
    is_only boolean not null default true primary key,
    engine text not null,
    said_by text not null,
    since timestamptz not null,
    constraint chosen_engine_one check (is_only),
    constraint chosen_engine_known check (engine in ('apscheduler', 'airflow', 'none'))
)
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(CHOSEN)


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop table chosen_engine")
