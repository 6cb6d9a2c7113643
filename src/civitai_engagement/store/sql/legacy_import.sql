-- missing --
-- Name the tables that are not there.
select name
from unnest(array['prompts', 'civitai_posts', 'assets', 'asset_stats', 'events']) as name
where to_regclass(name) is null

-- sizes --
-- Count what there is to import.
select
    (select count(*) from prompts) + (select count(*) from civitai_posts) + (select count(*) from assets)
    + (select count(*) from asset_stats) as rows

-- prompts --
-- Every prompt.
select
    id, content, llm_model_provider, llm_model, purpose, metadata, created_by, on_behalf_of, created_at, updated_at
from prompts
order by id

-- posts --
-- Every post.
select
    id, civitai_id, civitai_url, civitai_account, status::text as status, title, description, metadata, created_by,
    on_behalf_of, created_at, updated_at
from civitai_posts
order by id

-- assets --
-- Every asset, with the date Civitai gave its image.
select
    a.id, a.asset_type::text as asset_type, a.asset_source::text as asset_source, a.uri, a.sha256sum, a.civitai_id,
    a.civitai_url, a.post_id, a.input_prompt_id, a.output_prompt_id, a.metadata, a.created_by, a.on_behalf_of,
    a.created_at, a.updated_at, s.civitai_created_at
from assets as a
left join asset_stats as s on s.asset_id = a.id
order by a.id

-- links --
-- What assets were made from.
select id, input_asset_ids from assets where cardinality(input_asset_ids) > 0 order by id

-- reads --
-- Every set of counters an asset had: as the audit trail tells it, and the latest of those it does not tell of.
with told as (
    select e.*, row_number() over (partition by e.row_id order by e.id) as place
    from events as e
    where e.table_name ~ '(^|[.])asset_stats$'
),
said as (
    select occurred_at as read_at, id as place, new_data as row from told
    union all
    -- What stood there before the trail begins.
    select
        least(coalesce(old_data ->> 'updated_at', old_data ->> 'created_at')::timestamptz, occurred_at),
        0, old_data
    from told
    where place = 1
    union all
    select updated_at, 0, to_jsonb(s)
    from asset_stats as s
    where not exists (select from told where told.row_id::text = s.id::text)
)
select
    (row ->> 'asset_id')::bigint as asset_id, read_at,
    (row ->> 'like_count')::bigint as like_count, (row ->> 'heart_count')::bigint as heart_count,
    (row ->> 'laugh_count')::bigint as laugh_count, (row ->> 'cry_count')::bigint as cry_count,
    (row ->> 'dislike_count')::bigint as dislike_count, (row ->> 'comment_count')::bigint as comment_count
from said
where row ->> 'asset_id' is not null and read_at is not null
order by 1, read_at, place
