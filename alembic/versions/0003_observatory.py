"""The observatory: runs, the shared request budget, who leads, what is known of creators, alarms."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    create table runs (
        run_id bigint generated always as identity primary key,
        job text not null,
        tick_at timestamptz not null,
        epoch integer not null default 1,
        holder text not null,
        started_at timestamptz not null,
        finished_at timestamptz,
        planned integer not null default 0,
        observed integer not null default 0,
        unchanged integer not null default 0,
        missing integer not null default 0,
        suspect integer not null default 0,
        rejected integer not null default 0,
        compared integer not null default 0,
        fell integer not null default 0,
        requests integer not null default 0,
        retries integer not null default 0,
        seconds double precision,
        coverage jsonb not null default '{}',
        error text,
        constraint runs_tick unique (job, tick_at)
    )
    """,
    "create index runs_started_at on runs (started_at)",
    """
    create table api_budget (
        lane text primary key,
        next_at timestamptz not null
    )
    """,
    """
    create table leadership (
        is_only boolean primary key default true,
        holder text not null,
        since timestamptz not null,
        seen_at timestamptz not null,
        constraint leadership_one check (is_only)
    )
    """,
    """
    create table creators (
        name text primary key,
        username text not null,
        listed integer,
        listed_at timestamptz,
        constraint creators_name check (name = lower(name))
    )
    """,
    """
    create table alarms (
        name text primary key,
        since timestamptz not null,
        seen_at timestamptz not null,
        detail text not null,
        announced_at timestamptz,
        recovered_at timestamptz
    )
    """,
    "alter table watches add column label text",
    "alter table suspects add column run_id bigint",
    "alter table image_tracking add column changed_at timestamptz",
    "alter table images add column generation_read_at timestamptz",
    # It would be touched by every observation, so that none of them were heap-only; a tick scans the narrow table.
    "drop index image_tracking_next_due_at",
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("create index image_tracking_next_due_at on image_tracking (next_due_at)")
    op.execute("alter table images drop column generation_read_at")
    op.execute("alter table image_tracking drop column changed_at")
    op.execute("alter table suspects drop column run_id")
    op.execute("alter table watches drop column label")
    op.execute("drop table alarms, creators, leadership, api_budget, runs")
