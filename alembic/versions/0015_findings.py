"""What a nightly study found of media too many to compare while somebody waits."""

from alembic import op

revision = "0015"
down_revision = "0014"

FINDINGS = """
create table findings (
    question text not null,
    scope text not null,
    hours integer not null,
    made_at timestamptz not null,
    media integer not null,
    creators integer not null,
    rows jsonb not null,
    seconds double precision not null,
    primary key (question, scope, hours)
)
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(FINDINGS)


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop table findings")
