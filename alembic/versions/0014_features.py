"""How media were made and what they had at each age, kept beside them and learned anew where what says so changes."""

from alembic import op

revision = "0014"
down_revision = "0013"

TERMS = """
create table feature_terms (
    term_id integer generated always as identity primary key,
    kind text not null,
    term text not null,
    constraint feature_terms_term unique (kind, term),
    constraint feature_terms_kind check (kind in ('sampler', 'scheduler', 'base_family', 'checkpoint', 'lora'))
)
"""

# `rules` 0 says that a row is to be read anew; `due_at` when its media passes the next age.
FEATURES = """
create table image_features (
    image_id bigint primary key references images (id) on delete cascade,
    rules smallint not null default 0,
    built_at timestamptz,
    due_at timestamptz,
    has_parameters boolean not null default false,
    steps integer,
    cfg double precision,
    sampler integer,
    scheduler integer,
    clip_skip integer,
    denoise double precision,
    is_hires boolean,
    is_seed_odd boolean,
    prompt_words integer,
    negative_words integer,
    megapixels double precision,
    shape text,
    base_family integer,
    checkpoint integer,
    loras integer[],
    lora_weight double precision,
    at_1h real, at_2h real, at_4h real, at_6h real, at_8h real, at_12h real, at_16h real, at_24h real, at_36h real,
    at_48h real, at_72h real, at_4d real, at_7d real, at_10d real, at_14d real, at_20d real, at_30d real, at_40d real,
    comments_72h real
) with (fillfactor = 80);
create index image_features_rules on image_features (rules, image_id desc);
create index image_features_due_at on image_features (due_at) where due_at is not null;
create index images_published_at on images (published_at desc, id desc)
"""

OUTDATE = """
create function outdate_features() returns trigger language plpgsql set search_path from current as $$
begin
    insert into image_features as f (image_id)
    select distinct c.image_id from changed as c join images as i on i.id = c.image_id order by 1
    on conflict (image_id) do update set rules = 0 where f.rules <> 0;
    return null;
end
$$;
create function outdate_features_of_new() returns trigger language plpgsql set search_path from current as $$
begin
    insert into image_features (image_id) select id from changed order by id on conflict do nothing;
    return null;
end
$$;
create function outdate_features_of_changed() returns trigger language plpgsql set search_path from current as $$
begin
    update image_features as f set rules = 0
    from changed as c
    join former as o using (id)
    where f.image_id = c.id and f.rules <> 0
        and (c.published_at, c.width, c.height, c.base_model)
        is distinct from (o.published_at, o.width, o.height, o.base_model);
    return null;
end
$$
"""

# A statement tells of all its rows at once. What is added to the history is no news of an age that was passed before.
TOLD = {
    "generation_parameters": ("insert", "update", "delete"),
    "image_resources": ("insert", "update", "delete"),
    "image_stats_history": ("update", "delete"),
}


def _orders(statements: str) -> None:
    for statement in statements.split(";\ncreate "):
        op.execute(statement if statement.lstrip().startswith("create ") else f"create {statement}")


def _tell(table: str, event: str, function: str, tables: str) -> None:
    op.execute(
        f"create trigger {table}_{event} after {event} on {table} referencing {tables}"
        f" for each statement execute function {function}()"
    )


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statements in (TERMS, FEATURES, OUTDATE):
        _orders(statements)
    for table, events in TOLD.items():
        for event in events:
            _tell(table, event, "outdate_features", f"{'old' if event == 'delete' else 'new'} table as changed")
    _tell("images", "insert", "outdate_features_of_new", "new table as changed")
    _tell("images", "update", "outdate_features_of_changed", "old table as former new table as changed")
    op.execute("insert into image_features (image_id) select id from images")
    op.execute("alter table image_tracking add column found_by text")
    op.execute(
        "alter table image_tracking add constraint image_tracking_found_by"
        " check (found_by in ('followed', 'newest', 'success'))"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table image_tracking drop column found_by")
    for table, events in {**TOLD, "images": ("insert", "update")}.items():
        for event in events:
            op.execute(f"drop trigger {table}_{event} on {table}")
    op.execute("drop function outdate_features, outdate_features_of_new, outdate_features_of_changed")
    op.execute("drop index images_published_at")
    op.execute("drop table image_features, feature_terms")
