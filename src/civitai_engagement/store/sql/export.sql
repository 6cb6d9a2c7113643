-- now --
-- Say when this snapshot was taken.
select now()

-- posts --
-- Every recorded post, with the sums over its media.
select
    p.post_id, p.civitai_url, p.status, p.title, p.description, p.username, p.tags, p.nsfw_level,
    p.published_at as published_at_utc, s.asset_count, s.known_count, s.like_count, s.heart_count, s.laugh_count,
    s.cry_count, s.dislike_count, s.comment_count, s.as_of as as_of_utc, p.metadata, p.created_by, p.on_behalf_of,
    p.recorded_at as recorded_at_utc, p.updated_at as updated_at_utc, now() as exported_at_utc
from posts as p
left join lateral (
    select
        count(*) as asset_count, count(t.like_count) as known_count, sum(t.like_count) as like_count,
        sum(t.heart_count) as heart_count, sum(t.laugh_count) as laugh_count, sum(t.cry_count) as cry_count,
        sum(t.dislike_count) as dislike_count, sum(t.comment_count) as comment_count, min(t.as_of) as as_of
    from assets as a
    left join image_tracking as t on t.image_id = a.image_id
    where a.post_id = p.post_id
) as s on true
where true /* conditions */
order by p.post_id

-- assets --
-- Every recorded asset, with its post, its latest counters and how it was made.
select
    a.asset_id, a.asset_type, a.asset_source, a.asset_url, a.sha256sum, a.image_id as civitai_image_id, a.post_id,
    coalesce(i.username, p.username) as username, i.created_at as created_at_utc, i.width, i.height, i.nsfw_level,
    i.base_model, i.model_version_ids, t.like_count, t.heart_count, t.laugh_count, t.cry_count, t.dislike_count,
    t.comment_count, t.as_of as as_of_utc, t.unconfirmed, t.state, g.prompt, g.negative_prompt, g.steps, g.cfg_scale,
    g.sampler, g.scheduler, g.seed::text as seed, g.clip_skip, g.model_name, input.content as input_prompt,
    output.content as output_prompt, a.input_asset_ids, a.metadata, a.created_by, a.on_behalf_of,
    a.recorded_at as recorded_at_utc, a.updated_at as updated_at_utc, now() as exported_at_utc
from assets as a
left join posts as p on p.post_id = a.post_id
left join images as i on i.id = a.image_id
left join image_tracking as t on t.image_id = a.image_id
left join generation_parameters as g on g.image_id = a.image_id
left join prompts as input on input.prompt_id = a.input_prompt_id
left join prompts as output on output.prompt_id = a.output_prompt_id
where true /* conditions */
order by a.asset_id

-- history --
-- Every believed change of counters, image by image.
select
    h.image_id as civitai_image_id, i.post_id, i.username, h.collected_at as collected_at_utc, h.event, h.like_count,
    h.heart_count, h.laugh_count, h.cry_count, h.dislike_count, h.comment_count, h.like_gain, h.heart_gain,
    h.laugh_gain, h.cry_gain, h.dislike_gain, h.comment_gain, h.previous_observed_at as previous_observed_at_utc,
    h.unconfirmed, now() as exported_at_utc
from image_stats_history as h
left join images as i on i.id = h.image_id
where true /* conditions */
order by h.image_id, h.collected_at

-- features --
-- How every media was made, and what it had at each age.
select
    i.id as civitai_image_id, i.post_id, i.username, i.published_at as published_at_utc, i.type,
    i.browsing_level as level, t.source <> 'sampled' as is_followed, t.found_by, f.has_parameters, f.steps, f.cfg,
    s.term as sampler, k.term as scheduler, f.clip_skip, f.denoise, f.is_hires, f.is_seed_odd, f.prompt_words,
    f.negative_words, f.megapixels, f.shape, i.base_model, b.term as base_family, c.term as checkpoint,
    case when f.loras is not null then array(
        select l.term from unnest(f.loras) with ordinality as u (id, place) join feature_terms as l on l.term_id = u.id
        order by u.place
    ) end as loras,
    f.lora_weight, f.at_1h, f.at_2h, f.at_4h, f.at_6h, f.at_8h, f.at_12h, f.at_16h, f.at_24h, f.at_36h, f.at_48h,
    f.at_72h, f.at_4d, f.at_7d, f.at_10d, f.at_14d, f.at_20d, f.at_30d, f.at_40d, f.comments_72h,
    t.like_count + t.heart_count + t.laugh_count + t.cry_count as reactions, t.as_of as as_of_utc,
    now() as exported_at_utc
from image_features as f
join images as i on i.id = f.image_id
left join image_tracking as t on t.image_id = f.image_id
left join feature_terms as s on s.term_id = f.sampler
left join feature_terms as k on k.term_id = f.scheduler
left join feature_terms as b on b.term_id = f.base_family
left join feature_terms as c on c.term_id = f.checkpoint
where f.built_at is not null /* conditions */
order by f.image_id

-- findings --
-- What the last nightly study found, row by row.
with said as (
    select f.*, null as kind, one.row
    from findings as f
    cross join lateral jsonb_array_elements(f.rows -> 'rows') as one (row)
    where f.question = 'parameters'
    union all
    select f.*, kinds.key, one.row
    from findings as f
    cross join lateral jsonb_each(f.rows) as kinds
    cross join lateral jsonb_array_elements(kinds.value -> 'rows') as one (row)
    where f.question = 'models'
)
select
    question, kind, hours, coalesce(row ->> 'name', concat_ws(' ', row ->> 'parameter', nullif(row ->> 'label', ''))) as name,
    row ->> 'verdict' as verdict, (row ->> 'ratio')::double precision as ratio, (row ->> 'low')::double precision as low,
    (row ->> 'high')::double precision as high, (row ->> 'q')::double precision as q,
    (row ->> 'raw')::double precision as raw, row ->> 'alias' as alias,
    case jsonb_typeof(row -> 'media') when 'array' then row #>> '{media,0}' else row ->> 'media' end::bigint as media,
    case jsonb_typeof(row -> 'posts') when 'array' then row #>> '{posts,0}' else row ->> 'posts' end::bigint as posts,
    (row ->> 'creators')::bigint as creators, media as of_media, made_at as made_at_utc, now() as exported_at_utc
from said
where true /* conditions */
order by question desc, kind nulls first, hours, media desc, name
