-- adopt --
-- Recognise assets recorded before they were on Civitai, by the address or the SHA-256 of their file: rather those
-- recorded for this post, never those of another one. Each change is audited; returns how many were recognised.
with matching as (
    select distinct on (s.image_id) s.image_id, a.asset_id
    from unnest(:ids::bigint[], :urls::text[], :digests::text[]) as s (image_id, url, sha256sum)
    join assets as a on a.image_id is null and (a.asset_url = s.url or a.sha256sum = s.sha256sum)
    where (a.post_id is null or a.post_id = :post_id)
        and not exists (select from assets as taken where taken.image_id = s.image_id)
    order by s.image_id, a.post_id nulls last, a.asset_url = s.url desc, a.asset_id
),
single as (select distinct on (asset_id) * from matching order by asset_id, image_id),
former as (
    select a.asset_id, a.post_id, m.image_id
    from assets as a
    join single as m using (asset_id)
    order by a.asset_id
    for update of a
),
changed as (
    update assets as a set image_id = f.image_id, post_id = :post_id, updated_at = :now::timestamptz
    from former as f
    where a.asset_id = f.asset_id
    returning a.asset_id, f.post_id, a.image_id
),
audited as (
    insert into audit (at, actor, kind, row_id, action, before, after)
    select
        :now, :actor, 'asset', asset_id, 'update', jsonb_build_object('image_id', null, 'post_id', post_id),
        jsonb_build_object('image_id', image_id, 'post_id', :post_id::bigint)
    from changed
    returning audit_id
)
select count(*) from audited

-- upsert --
-- Record the media of a post as assets, one per Civitai image; returns how many are new. A move from another post is
-- audited; what this makes itself is not, its row says who recorded it and when.
with given as (
    select s.*
    from unnest(:ids::bigint[], :types::text[], :urls::text[], :digests::text[]) as s (image_id, type, url, sha256sum)
),
former as (
    select a.asset_id, a.post_id, a.image_id, s.sha256sum
    from assets as a
    join given as s using (image_id)
    where a.post_id is distinct from :post_id
    order by a.asset_id
    for update of a
),
moved as (
    update assets as a set
        post_id = :post_id,
        sha256sum = coalesce(a.sha256sum, f.sha256sum),
        updated_at = :now::timestamptz
    from former as f
    where a.asset_id = f.asset_id
    returning a.asset_id, f.post_id
),
audited as (
    insert into audit (at, actor, kind, row_id, action, before, after)
    select
        :now, :created_by, 'asset', asset_id, 'update', jsonb_build_object('post_id', post_id),
        jsonb_build_object('post_id', :post_id::bigint)
    from moved
),
written as (
    insert into assets as a (
        asset_type, asset_source, asset_url, sha256sum, image_id, post_id, created_by, recorded_at, updated_at
    )
    select s.type, 'generated', s.url, s.sha256sum, s.image_id, :post_id, :created_by, :now, :now
    from given as s
    where not exists (select from former as f where f.image_id = s.image_id)
    order by s.image_id
    on conflict (image_id) where image_id is not null do update set
        sha256sum = excluded.sha256sum,
        updated_at = excluded.updated_at
    where a.sha256sum is null and excluded.sha256sum is not null
    returning xmax = 0 as is_new
)
select count(*) filter (where is_new) from written

-- lock_prompts --
-- Keep others from recording the same prompts until this transaction ends, so that each text is recorded once.
select pg_advisory_xact_lock(4712, shard)
from (
    select distinct hashtext(g.prompt) % 64 as shard
    from assets as a
    join generation_parameters as g on g.image_id = a.image_id
    where a.post_id = :post_id and a.input_prompt_id is null and g.prompt <> ''
    order by shard
) as shards

-- keep_prompts --
-- Record the generation prompts of a post's media as prompts, each text once.
insert into prompts (content, purpose, created_by, recorded_at, updated_at)
select distinct g.prompt, 'generation', :created_by, :now::timestamptz, :now::timestamptz
from assets as a
join generation_parameters as g on g.image_id = a.image_id
where a.post_id = :post_id and a.input_prompt_id is null and g.prompt <> '' and not exists (
    select from prompts as p where md5(p.content) = md5(g.prompt) and p.content = g.prompt
)

-- link_prompts --
-- Point a post's assets to the prompts they were generated from.
update assets as a set input_prompt_id = (
    select min(p.prompt_id) from prompts as p where md5(p.content) = md5(g.prompt) and p.content = g.prompt
)
from generation_parameters as g
where a.post_id = :post_id and a.input_prompt_id is null and g.image_id = a.image_id and g.prompt <> ''

-- is_only_recorded --
-- Say whether an asset holds only what recording its post put there: nobody made it, linked it or noted anything.
select exists (
    select from assets as a
    left join images as i on i.id = a.image_id
    where a.asset_id = :asset_id
        and (a.asset_url = i.url or a.asset_url like 'https://image.civitai.com/%')
        and a.metadata = '{}' and a.on_behalf_of is null and a.input_asset_ids = '{}' and a.output_prompt_id is null
        and not exists (
            select from audit as u
            where u.kind = 'asset' and u.row_id = a.asset_id
                and (u.action = 'create' or u.after ?| array['image_id', 'input_prompt_id'])
        )
)

-- hand_over --
-- Let what was made from one asset be made from another, named once; each change is audited.
with former as (
    select asset_id, input_asset_ids
    from assets
    where input_asset_ids @> array[:old::bigint] and input_asset_ids <> '{}'
    order by asset_id
    for update
),
changed as (
    update assets as a set
        input_asset_ids = case
            when f.input_asset_ids @> array[:new::bigint] then array_remove(f.input_asset_ids, :old)
            else array_replace(f.input_asset_ids, :old, :new)
        end,
        updated_at = :now::timestamptz
    from former as f
    where a.asset_id = f.asset_id
    returning a.asset_id, f.input_asset_ids as before, a.input_asset_ids as after
)
insert into audit (at, actor, kind, row_id, action, before, after)
select
    :now, :actor, 'asset', asset_id, 'update', jsonb_build_object('input_asset_ids', before),
    jsonb_build_object('input_asset_ids', after)
from changed
order by asset_id

-- find --
-- Find recorded assets with their post, prompts, counters, gains and generation parameters; ordered by asset id.
-- Each tells how many match, and names some of those after the last one found.
with matching as materialized (
    select asset_id from assets as a /* source */ where asset_id is not null /* conditions */
),
found as (
    select a.*
    from (select asset_id from matching order by asset_id limit :limit) as m
    join assets as a using (asset_id)
)
select
    a.*, (select count(*) from matching) as matches,
    array(select asset_id from matching order by asset_id limit :others offset :limit) as others, p.title, p.description, p.status, p.civitai_url as post_url, p.published_at,
    i.username, i.created_at as image_created_at, i.width, i.height, i.nsfw_level, i.base_model, i.model_version_ids,
    e.like_count, e.heart_count, e.laugh_count, e.cry_count, e.dislike_count, e.comment_count, e.as_of,
    e.unconfirmed, e.state, gained.gain_24h, gained.gain_7d, gained.is_since_publication,
    g.image_id is not null as has_parameters, g.prompt, g.negative_prompt, g.steps, g.cfg_scale, g.sampler,
    g.scheduler, g.seed::text as seed, g.clip_skip, g.model_name,
    input.content as input_content, input.llm_model_provider as input_llm_model_provider,
    input.llm_model as input_llm_model, input.purpose as input_purpose,
    output.content as output_content, output.llm_model_provider as output_llm_model_provider,
    output.llm_model as output_llm_model, output.purpose as output_purpose
from found as a
left join posts as p on p.post_id = a.post_id
left join images as i on i.id = a.image_id
left join image_tracking as e on e.image_id = a.image_id
left join lateral gains(array[a.image_id], :now) as gained on true
left join generation_parameters as g on g.image_id = a.image_id
left join prompts as input on input.prompt_id = a.input_prompt_id
left join prompts as output on output.prompt_id = a.output_prompt_id
order by a.asset_id
