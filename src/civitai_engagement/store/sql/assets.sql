-- upsert --
-- Record the media of a post as assets, one per Civitai image; returns how many are new.
with written as (
    insert into assets as a (
        asset_type, asset_source, asset_url, image_id, post_id, created_by, recorded_at, updated_at
    )
    select s.type, 'generated', s.url, s.image_id, :post_id, :created_by, :now::timestamptz, :now
    from unnest(:ids::bigint[], :types::text[], :urls::text[]) as s (image_id, type, url)
    order by s.image_id
    on conflict (image_id) where image_id is not null do update set
        asset_url = excluded.asset_url,
        post_id = coalesce(excluded.post_id, a.post_id),
        updated_at = excluded.updated_at
    where (a.asset_url, a.post_id) is distinct from (excluded.asset_url, coalesce(excluded.post_id, a.post_id))
    returning xmax = 0 as is_new
)
select count(*) filter (where is_new) from written

-- of_posts --
-- Give the assets of some posts with their counters, most reactions first, at most so many a post.
select *
from (
    select a.post_id, a.asset_id, a.asset_type, a.image_id,
        t.like_count, t.heart_count, t.laugh_count, t.cry_count, t.dislike_count, t.comment_count,
        row_number() over (
            partition by a.post_id
            order by t.like_count + t.heart_count + t.laugh_count + t.cry_count desc nulls last, a.asset_id
        ) as place
    from assets as a
    left join image_tracking as t on t.image_id = a.image_id
    where a.post_id = any(:post_ids::bigint[])
) as ranked
where place <= :most
order by post_id, place

-- find --
-- Find recorded assets with their post, prompts, counters, gains and generation parameters; ordered by asset id.
with found as (
    select a.*, count(*) over () as matches
    from assets as a
    where true /* conditions */
    order by a.asset_id
    limit :limit
)
select
    a.*, p.title, p.status, p.civitai_url as post_url, p.published_at,
    i.username, i.created_at as image_created_at, i.width, i.height, i.nsfw_level, i.base_model, i.model_version_ids,
    e.like_count, e.heart_count, e.laugh_count, e.cry_count, e.dislike_count, e.comment_count, e.as_of,
    e.unconfirmed, e.state, e.gain_24h, e.gain_7d,
    g.image_id is not null as has_parameters, g.prompt, g.negative_prompt, g.steps, g.cfg_scale, g.sampler,
    g.scheduler, g.seed::text as seed, g.clip_skip, g.model_name,
    input.content as input_prompt, output.content as output_prompt
from found as a
left join posts as p on p.post_id = a.post_id
left join images as i on i.id = a.image_id
left join engagement as e on e.image_id = a.image_id
left join generation_parameters as g on g.image_id = a.image_id
left join prompts as input on input.prompt_id = a.input_prompt_id
left join prompts as output on output.prompt_id = a.output_prompt_id
order by a.asset_id

-- others --
-- Name the assets that match besides the first, by id.
select a.asset_id
from assets as a
where true /* conditions */
order by a.asset_id
limit :limit offset 1
