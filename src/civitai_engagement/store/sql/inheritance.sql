-- lock --
-- Take the place of the one import of an older database that may run; false while another has it.
select pg_try_advisory_lock(4715, 0)

-- unlock --
-- Make room for the next import.
select pg_advisory_unlock(4715, 0)

-- known_prompts --
-- Tell which prompts were imported, by their older id.
select (metadata #>> '{imported_from,id}')::bigint as old_id, recorded_at, prompt_id as id
from prompts
where metadata #>> '{imported_from,id}' ~ '^[0-9]{1,18}$'

-- known_assets --
-- Tell which assets were imported, by their older id.
select (metadata #>> '{imported_from,id}')::bigint as old_id, recorded_at, asset_id as id
from assets
where metadata #>> '{imported_from,id}' ~ '^[0-9]{1,18}$'

-- add_prompts --
-- Record prompts as they were; tells their new ids.
with added as (
    insert into prompts (
        content, llm_model_provider, llm_model, purpose, metadata, created_by, on_behalf_of, recorded_at, updated_at
    )
    select
        s.content, s.llm_model_provider, s.llm_model, s.purpose, s.metadata, s.created_by, s.on_behalf_of,
        s.recorded_at, s.updated_at
    from jsonb_to_recordset(:rows) as s (
        old_id bigint, content text, llm_model_provider text, llm_model text, purpose text, metadata jsonb,
        created_by text, on_behalf_of text, recorded_at timestamptz, updated_at timestamptz
    )
    order by s.old_id
    returning prompt_id as id, metadata -> 'imported_from' as origin
),
audited as (
    insert into audit (at, actor, kind, row_id, action, after)
    select :now, :actor, 'prompt', id, 'create', jsonb_build_object('imported_from', origin) from added order by id
)
select (origin ->> 'id')::bigint as old_id, id, true as is_new from added

-- add_posts --
-- Record posts as they were and follow them; of a post that is recorded only the gaps are filled.
with written as (
    insert into posts as p (
        post_id, civitai_url, status, title, description, metadata, created_by, on_behalf_of, recorded_at, updated_at
    )
    select
        s.post_id, s.civitai_url, s.status, s.title, s.description, s.metadata, s.created_by, s.on_behalf_of,
        s.recorded_at, s.updated_at
    from jsonb_to_recordset(:rows) as s (
        post_id bigint, civitai_url text, status text, title text, description text, metadata jsonb,
        created_by text, on_behalf_of text, recorded_at timestamptz, updated_at timestamptz
    )
    order by s.post_id
    on conflict (post_id) do update set
        title = coalesce(p.title, excluded.title),
        description = coalesce(p.description, excluded.description),
        on_behalf_of = coalesce(p.on_behalf_of, excluded.on_behalf_of),
        metadata = excluded.metadata || p.metadata
    returning p.post_id, p.created_by, p.recorded_at, p.metadata -> 'imported_from' as origin, xmax = 0 as is_new
),
audited as (
    insert into audit (at, actor, kind, row_id, action, after)
    select :now, :actor, 'post', post_id, 'create', jsonb_build_object('imported_from', origin)
    from written
    where is_new
    order by post_id
),
followed as (
    insert into watches (kind, name, created_by, created_at)
    select 'post', post_id::text, created_by, recorded_at from written
    on conflict do nothing
)
select post_id, is_new from written

-- add_images --
-- Keep the images of assets that are on Civitai, as far as the older database knows them.
insert into images (id, post_id, url, type, created_at, published_at, first_seen_at)
select s.image_id, s.post_id, s.asset_url, s.asset_type, s.civitai_created_at, s.civitai_created_at, s.recorded_at
from jsonb_to_recordset(:rows) as s (
    image_id bigint, post_id bigint, asset_url text, asset_type text, civitai_created_at timestamptz,
    recorded_at timestamptz
)
where s.image_id is not null
order by s.image_id
on conflict (id) do nothing

-- add_assets --
-- Record assets as they were; of an image that is recorded only the gaps are filled. Tells their new ids.
with given as (
    select *
    from jsonb_to_recordset(:rows) as s (
        old_id bigint, asset_type text, asset_source text, asset_url text, sha256sum text, image_id bigint,
        post_id bigint, input_prompt_id bigint, output_prompt_id bigint, metadata jsonb, created_by text,
        on_behalf_of text, recorded_at timestamptz, updated_at timestamptz
    )
),
written as (
    insert into assets as a (
        asset_type, asset_source, asset_url, sha256sum, image_id, post_id, input_prompt_id, output_prompt_id,
        metadata, created_by, on_behalf_of, recorded_at, updated_at
    )
    select
        s.asset_type, s.asset_source, s.asset_url, s.sha256sum, s.image_id, s.post_id, s.input_prompt_id,
        s.output_prompt_id, s.metadata, s.created_by, s.on_behalf_of, s.recorded_at, s.updated_at
    from given as s
    order by s.old_id
    on conflict (image_id) where image_id is not null do update set
        sha256sum = coalesce(a.sha256sum, excluded.sha256sum),
        post_id = coalesce(a.post_id, excluded.post_id),
        input_prompt_id = coalesce(a.input_prompt_id, excluded.input_prompt_id),
        output_prompt_id = coalesce(a.output_prompt_id, excluded.output_prompt_id),
        on_behalf_of = coalesce(a.on_behalf_of, excluded.on_behalf_of),
        metadata = excluded.metadata || a.metadata
    returning
        a.asset_id as id, a.image_id, a.metadata -> 'imported_from' as origin, xmax = 0 as is_new
),
audited as (
    insert into audit (at, actor, kind, row_id, action, after)
    select :now, :actor, 'asset', id, 'create', jsonb_build_object('imported_from', origin)
    from written
    where is_new
    order by id
)
select s.old_id, w.id, w.is_new
from written as w
join given as s on coalesce(s.image_id, -s.old_id) = coalesce(w.image_id, -(w.origin ->> 'id')::bigint)

-- link_assets --
-- Say what assets were made from, where nothing is said yet.
update assets as a set input_asset_ids = s.input_asset_ids
from jsonb_to_recordset(:rows) as s (asset_id bigint, input_asset_ids bigint[])
where a.asset_id = s.asset_id and a.input_asset_ids = '{}'

-- images_of --
-- Tell which Civitai images the assets are.
select asset_id as id, image_id from assets where asset_id = any(:ids::bigint[]) and image_id is not null

-- doubt_zeros --
-- Set first observations of nothing but zeros aside where older counters said more and no later look said the same: they
-- are suspects. What was observed next is the first observation then; without one, nothing is believed of the image.
with zeros as (
    select f.image_id, f.collected_at, n.collected_at as next_at
    from unnest(:ids::bigint[], :more_at::timestamptz[]) as s (image_id, more_at)
    join image_tracking as t using (image_id)
    cross join lateral (
        select * from image_stats_history as h where h.image_id = s.image_id order by h.collected_at limit 1
    ) as f
    left join lateral (
        select *
        from image_stats_history as h
        where h.image_id = s.image_id
            and (h.like_count, h.heart_count, h.laugh_count, h.cry_count, h.dislike_count, h.comment_count)
            <> (0, 0, 0, 0, 0, 0)
        order by h.collected_at
        limit 1
    ) as n on true
    where f.unconfirmed and f.collected_at > s.more_at and f.collected_at = coalesce(n.previous_observed_at, t.as_of)
),
suspected as (
    insert into suspects (image_id, reason, route, seen, as_of, seen_at)
    select
        image_id, :reason, :route,
        '{"like": 0, "heart": 0, "laugh": 0, "cry": 0, "dislike": 0, "comment": 0}', collected_at, :now
    from zeros
),
gone as (
    delete from image_stats_history as h
    using zeros as z
    where h.image_id = z.image_id and h.collected_at < coalesce(z.next_at, 'infinity')
),
beginning as (
    update image_stats_history as h set
        like_gain = 0,
        heart_gain = 0,
        laugh_gain = 0,
        cry_gain = 0,
        dislike_gain = 0,
        comment_gain = 0,
        previous_observed_at = null,
        event = 'first'
    from zeros as z
    where h.image_id = z.image_id and h.collected_at = z.next_at
)
update image_tracking as t set
    like_count = null,
    heart_count = null,
    laugh_count = null,
    cry_count = null,
    dislike_count = null,
    comment_count = null,
    unconfirmed = false,
    as_of = null,
    last_observed_at = null,
    changed_at = null,
    state = 'present',
    misses = 0
from zeros as z
where t.image_id = z.image_id and z.next_at is null

-- beginnings --
-- Give the first row of the history of images.
select distinct on (image_id)
    image_id, collected_at, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count
from image_stats_history
where image_id = any(:ids::bigint[])
order by image_id, collected_at

-- add_history --
-- Write changes into the history; a first row that is no longer the first becomes the change it is.
insert into image_stats_history as h (
    image_id, collected_at, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count,
    like_gain, heart_gain, laugh_gain, cry_gain, dislike_gain, comment_gain, previous_observed_at, event
)
select s.*
from jsonb_to_recordset(:rows) as s (
    image_id bigint, collected_at timestamptz, like_count integer, heart_count integer, laugh_count integer,
    cry_count integer, dislike_count integer, comment_count integer, like_gain integer, heart_gain integer,
    laugh_gain integer, cry_gain integer, dislike_gain integer, comment_gain integer,
    previous_observed_at timestamptz, event text
)
order by s.image_id, s.collected_at
on conflict (image_id, collected_at) do update set
    like_gain = excluded.like_gain,
    heart_gain = excluded.heart_gain,
    laugh_gain = excluded.laugh_gain,
    cry_gain = excluded.cry_gain,
    dislike_gain = excluded.dislike_gain,
    comment_gain = excluded.comment_gain,
    previous_observed_at = excluded.previous_observed_at,
    event = excluded.event
where h.event = 'first'

-- advance --
-- Let what is believed of images be what was last read, unless we read it later ourselves.
update image_tracking as t set
    like_count = s.like_count,
    heart_count = s.heart_count,
    laugh_count = s.laugh_count,
    cry_count = s.cry_count,
    dislike_count = s.dislike_count,
    comment_count = s.comment_count,
    unconfirmed = false,
    as_of = s.as_of,
    last_observed_at = s.as_of
from jsonb_to_recordset(:rows) as s (
    image_id bigint, like_count integer, heart_count integer, laugh_count integer, cry_count integer,
    dislike_count integer, comment_count integer, as_of timestamptz
)
where t.image_id = s.image_id and (t.as_of is null or t.as_of < s.as_of)
