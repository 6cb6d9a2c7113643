"""The ledger: what Civitai shows, what its counters said when, and what users record."""

from alembic import op

revision = "0001"
down_revision = None

IMAGES = """
create table images (
    id bigint primary key,
    post_id bigint,
    username text,
    url text not null,
    type text not null,
    width integer,
    height integer,
    hash text,
    nsfw boolean,
    nsfw_level text,
    browsing_level integer,
    base_model text,
    model_version_ids bigint[] not null default '{}',
    created_at timestamptz,
    published_at timestamptz,
    first_seen_at timestamptz not null,
    constraint images_type check (type in ('image', 'video', 'audio'))
);
create index images_post_id on images (post_id);
create index images_username on images (lower(username));
create index images_created_at on images (created_at);
"""

TRACKING = """
create table image_tracking (
    image_id bigint primary key references images (id),
    cry_count integer,
    laugh_count integer,
    like_count integer,
    dislike_count integer,
    heart_count integer,
    comment_count integer,
    unconfirmed boolean not null default false,
    as_of timestamptz,
    last_observed_at timestamptz,
    next_due_at timestamptz,
    state text not null default 'present',
    misses smallint not null default 0,
    source text not null default 'recorded',
    constraint image_tracking_state check (state in ('present', 'missing', 'returned')),
    constraint image_tracking_source check (source in ('recorded', 'watched', 'sampled'))
) with (fillfactor = 80);
create index image_tracking_next_due_at on image_tracking (next_due_at);
"""

HISTORY = """
create table image_stats_history (
    image_id bigint not null,
    collected_at timestamptz not null,
    cry_count integer not null,
    laugh_count integer not null,
    like_count integer not null,
    dislike_count integer not null,
    heart_count integer not null,
    comment_count integer not null,
    cry_gain integer not null,
    laugh_gain integer not null,
    like_gain integer not null,
    dislike_gain integer not null,
    heart_gain integer not null,
    comment_gain integer not null,
    previous_observed_at timestamptz,
    event text not null default 'change',
    unconfirmed boolean not null default false,
    primary key (image_id, collected_at),
    constraint image_stats_history_event
        check (event in ('first', 'change', 'gap', 'fall', 'correction', 'missing', 'returned'))
) partition by range (collected_at);
create index image_stats_history_collected_at on image_stats_history
    using brin (collected_at) with (pages_per_range = 16);
"""

PARAMETERS = """
create table generation_parameters (
    image_id bigint primary key references images (id),
    prompt text,
    negative_prompt text,
    cfg_scale double precision,
    steps integer,
    sampler text,
    scheduler text,
    seed numeric,
    clip_skip integer,
    denoise double precision,
    width integer,
    height integer,
    model_name text,
    model_hash text,
    additional_params jsonb not null default '{}',
    notes text[] not null default '{}'
);
create table image_resources (
    image_id bigint not null references images (id),
    position smallint not null,
    source text not null,
    version_id bigint,
    type text,
    name text,
    weight double precision,
    hash text,
    primary key (image_id, position)
);
create index image_resources_version_id on image_resources (version_id);
"""

LIBRARY = """
create table posts (
    post_id bigint primary key,
    civitai_url text not null,
    status text not null,
    title text,
    description text,
    username text,
    tags text[] not null default '{}',
    nsfw_level integer,
    published_at timestamptz,
    metadata jsonb not null default '{}',
    created_by text not null,
    on_behalf_of text,
    recorded_at timestamptz not null,
    updated_at timestamptz not null,
    constraint posts_status check (status in ('pending', 'published', 'failed'))
);
create index posts_in_time on posts (coalesce(published_at, recorded_at) desc, post_id desc);
create index posts_username on posts (lower(username));
create index posts_created_by on posts (lower(created_by));
create table prompts (
    prompt_id bigint generated always as identity primary key,
    content text not null,
    llm_model_provider text,
    llm_model text,
    purpose text,
    metadata jsonb not null default '{}',
    created_by text not null,
    on_behalf_of text,
    recorded_at timestamptz not null,
    updated_at timestamptz not null
);
create table assets (
    asset_id bigint generated always as identity primary key,
    asset_type text not null,
    asset_source text not null,
    asset_url text not null,
    sha256sum text,
    image_id bigint,
    post_id bigint references posts (post_id),
    input_prompt_id bigint references prompts (prompt_id),
    output_prompt_id bigint references prompts (prompt_id),
    input_asset_ids bigint[] not null default '{}',
    metadata jsonb not null default '{}',
    created_by text not null,
    on_behalf_of text,
    recorded_at timestamptz not null,
    updated_at timestamptz not null,
    constraint assets_type check (asset_type in ('image', 'video', 'audio')),
    constraint assets_source check (asset_source in ('generated', 'upload')),
    constraint assets_sha256sum check (sha256sum ~ '^[0-9a-f]{64}$')
);
create unique index assets_image_id on assets (image_id) where image_id is not null;
create index assets_post_id on assets (post_id, asset_id);
create index assets_sha256sum on assets (sha256sum) where sha256sum is not null;
create index assets_asset_url on assets using hash (asset_url);
create table watches (
    kind text not null,
    name text not null,
    created_by text not null,
    created_at timestamptz not null,
    primary key (kind, name),
    constraint watches_kind check (kind in ('creator', 'post'))
);
"""

DOUBTS = """
create table suspects (
    suspect_id bigint generated always as identity primary key,
    image_id bigint not null,
    reason text not null,
    route text not null,
    seen jsonb not null,
    as_of timestamptz not null,
    seen_at timestamptz not null
);
create index suspects_image_id on suspects (image_id, as_of);
create index suspects_seen_at on suspects (seen_at);
create table rejects (
    reject_id bigint generated always as identity primary key,
    subject text not null,
    reason text not null,
    raw text not null,
    seen_at timestamptz not null
);
create index rejects_seen_at on rejects (seen_at);
"""

# A gain is unknown (null) while the first observation of the image lies inside its window, or where a change seen in it
# may have come long before it: an hour of the window's twenty-four does not matter, a week in one row does.
ENGAGEMENT = """
create view engagement as
select t.*, gained.gain_24h, gained.gain_7d
from image_tracking as t
left join lateral (
    select
        case
            when bool_or(h.previous_observed_at is null or h.previous_observed_at < t.as_of - interval '8 days')
            then null
            else coalesce(sum(h.gain), 0)
        end as gain_7d,
        case
            when bool_or(h.previous_observed_at is null or h.previous_observed_at < t.as_of - interval '28 hours')
                filter (where h.collected_at > t.as_of - interval '24 hours')
            then null
            else coalesce(sum(h.gain) filter (where h.collected_at > t.as_of - interval '24 hours'), 0)
        end as gain_24h
    from (
        select collected_at, previous_observed_at, like_gain + heart_gain + laugh_gain + cry_gain + comment_gain as gain
        from image_stats_history
        where image_id = t.image_id and collected_at > t.as_of - interval '7 days'
    ) as h
) as gained on t.like_count is not null
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statements in (IMAGES, TRACKING, HISTORY, PARAMETERS, LIBRARY, DOUBTS, ENGAGEMENT):
        for statement in filter(str.strip, statements.split(";\n")):
            op.execute(statement)


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop view engagement")
    op.execute(
        "drop table rejects, suspects, watches, assets, prompts, posts, image_resources, generation_parameters, "
        "image_stats_history, image_tracking, images"
    )
