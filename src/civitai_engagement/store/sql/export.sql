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
