-- seed --
-- Draw the same every time.
select setseed(0.26)

-- draw --
-- Draw posts of one to fifteen media over four hundred days, by creators of which a few make much.
create temporary table drawn as
select
    n as post_id, sum(size) over (order by n) - size as before, size, creator,
    :until::timestamptz - (1 - n::double precision / :posts::integer) * interval '400 days' as published_at,
    exp(1.2 * (random() + random() + random() - 1.5) + 3.0 / (1 + creator % 7)) as strength,
    exp(1.3 * (random() + random() + random() - 1.5)) as luck, 10 + floor(40 * random())::integer as steps
from (
    select
        n, 1 + floor(15 * power(random(), 1.1))::integer as size,
        floor(:creators::integer * power(random(), 2))::integer as creator
    from generate_series(1, :posts) as n
) as d

-- images --
-- Store their media.
insert into images (
    id, post_id, username, url, type, width, height, nsfw, nsfw_level, browsing_level, base_model, created_at,
    published_at, first_seen_at, generation_read_at
)
select
    110000000 + d.before + place, d.post_id, 'creator' || d.creator,
    'https://image.example/x/' || md5((d.before + place)::text) || '/original=true/image.jpeg',
    case when (d.before + place) % 11 = 0 then 'video' else 'image' end, 832, 1216, false, 'None', 1 + d.post_id % 2,
    (array['SDXL 1.0', 'Flux.1 D', 'Pony', 'Illustrious'])[1 + (d.creator + d.post_id / 40) % 4],
    d.published_at, d.published_at, d.published_at, :until::timestamptz
from drawn as d
cross join lateral generate_series(1, d.size) as place

-- parameters --
-- Say how they were made.
insert into generation_parameters (
    image_id, prompt, negative_prompt, cfg_scale, steps, sampler, scheduler, seed, clip_skip, width, height, model_name
)
select
    i.id, repeat('a lighthouse at dawn, soft light, ', 3 + (i.id % 9)::integer), repeat('blurry, ', (i.id % 7)::integer),
    3 + i.id % 8, d.steps + (i.id % 3)::integer, (array['Euler a', 'DPM++ 2M', 'DPM++ SDE', 'UniPC'])[1 + (d.post_id + i.id / 3) % 4],
    'Karras', i.id * 7919 % 4294967296, 1 + i.id % 2, 832, 1216, 'checkpoint ' || (d.creator + d.post_id / 7) % 300
from images as i
join drawn as d using (post_id)

-- resources --
-- Say what they used.
insert into image_resources (image_id, position, source, type, name, weight)
select i.id, place, 'resources', 'lora', 'lora ' || (i.post_id * 31 + place * 17) % 2000, 0.8
from images as i
cross join lateral generate_series(1, (i.post_id % 3)::integer) as place

-- history --
-- Keep what they had at some ages.
insert into image_stats_history (
    image_id, collected_at, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count,
    like_gain, heart_gain, laugh_gain, cry_gain, dislike_gain, comment_gain, previous_observed_at, event
)
select
    i.id, i.published_at + hours * interval '1 hour',
    round(d.strength * d.luck * (1 + d.steps / 60.0) * 3 * hours / (hours + 9)), 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0,
    case when hours > 1 then i.published_at + (hours - least(4, hours / 2.0)) * interval '1 hour' end,
    case when hours > 1 then 'change' else 'first' end
from images as i
join drawn as d using (post_id)
cross join unnest(array[1, 8, 30, 74, 250]) as hours
where i.published_at + hours * interval '1 hour' <= :until::timestamptz
order by 2

-- track --
-- Keep the latest counters of each.
insert into image_tracking (
    image_id, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count, as_of, last_observed_at,
    next_due_at, source, changed_at, found_by
)
select
    i.id, round(d.strength * d.luck * (1 + d.steps / 60.0) * 3 * a.hours / (a.hours + 9)), 1, 0, 0, 0, 0, s.at, s.at,
    :until::timestamptz + interval '1 hour', case when d.creator % 5 < 3 then 'watched' else 'sampled' end, s.at,
    case when d.creator % 5 = 4 then 'success' else 'newest' end
from images as i
join drawn as d using (post_id)
cross join lateral (
    select greatest(0.5, extract(epoch from :until::timestamptz - interval '1 hour' - i.published_at) / 3600) as hours
) as h
cross join lateral (
    select max(one) as hours from unnest(array[0.5, 1, 8, 30, 74, 250]) as one where one <= h.hours
) as a
cross join lateral (select i.published_at + h.hours * interval '1 hour' as at) as s

-- terms --
-- Name what they are made with.
insert into feature_terms (kind, term)
select 'sampler', distinct_name from (select distinct sampler as distinct_name from generation_parameters) as s
union all
select 'scheduler', 'Karras'
union all
select 'base_family', name from unnest(array['SDXL', 'Flux.1', 'Pony', 'Illustrious']) as name
union all
select 'checkpoint', name from (select distinct model_name as name from generation_parameters) as s
union all
select 'lora', name from (select distinct name from image_resources) as s

-- features --
-- Keep what would be read off them, made up as fast as Postgres can.
insert into image_features (
    image_id, rules, built_at, due_at, has_parameters, steps, cfg, sampler, scheduler, clip_skip, is_hires, is_seed_odd,
    prompt_words, negative_words, megapixels, shape, base_family, checkpoint, loras, at_1h, at_2h, at_4h, at_6h, at_8h,
    at_12h, at_16h, at_24h, at_36h, at_48h, at_72h, at_4d, at_7d, at_10d, at_14d, at_20d, at_30d, at_40d, comments_72h
)
select
    i.id, 1, :until::timestamptz, case when age < 960 then :until::timestamptz + interval '1 hour' end, true, g.steps, g.cfg_scale,
    s.term_id, k.term_id, g.clip_skip, false, g.seed % 2 = 1, 6 * (3 + i.id % 9), i.id % 7, 1.01, 'tall', b.term_id,
    c.term_id,
    coalesce((
        select array_agg(l.term_id order by l.term)
        from image_resources as r
        join feature_terms as l on l.kind = 'lora' and l.term = r.name
        where r.image_id = i.id
    ), '{}'),
    case when age > 1 then m / 10 end, case when age > 2 then m * 2 / 11 end, case when age > 4 then m * 4 / 13 end,
    case when age > 6 then m * 6 / 15 end, case when age > 8 then m * 8 / 17 end, case when age > 12 then m * 12 / 21 end,
    case when age > 16 then m * 16 / 25 end, case when age > 24 then m * 24 / 33 end,
    case when age > 36 then m * 36 / 45 end, case when age > 48 then m * 48 / 57 end,
    case when age > 72 then round(m * 72 / 81) end, case when age > 96 then m * 96 / 105 end,
    case when age > 168 then round(m * 168 / 177) end, case when age > 240 then m * 240 / 249 end,
    case when age > 336 then m * 0.97 end, case when age > 480 then m * 0.98 end, case when age > 720 then m * 0.99 end,
    case when age > 960 then m end, 0
from images as i
join drawn as d using (post_id)
join generation_parameters as g on g.image_id = i.id
join feature_terms as s on s.kind = 'sampler' and s.term = g.sampler
join feature_terms as k on k.kind = 'scheduler' and k.term = g.scheduler
join feature_terms as b on b.kind = 'base_family' and i.base_model like b.term || '%'
join feature_terms as c on c.kind = 'checkpoint' and c.term = g.model_name
cross join lateral (
    select
        extract(epoch from :until::timestamptz - i.published_at) / 3600 as age,
        round(3 * d.strength * d.luck * (1 + d.steps / 60.0)) as m
) as a

-- creators --
-- Name creators whose media count by how many they have, the largest first.
select i.username, count(*) as media
from images as i
join image_tracking as t on t.image_id = i.id
where t.found_by <> 'success' or t.source <> 'sampled'
group by i.username
having count(*) <= :most::bigint
order by 2 desc
limit :count::integer

-- pass --
-- Let some media have passed an age since they were read off.
update image_features set due_at = :until::timestamptz - interval '2 hours'
where image_id in (
    select f.image_id
    from image_features as f
    join image_tracking as t on t.image_id = f.image_id
    where t.as_of >= :until::timestamptz - interval '2 hours' and f.due_at is not null
    order by md5(f.image_id::text)
    limit :count::integer
)

-- bytes --
-- Say how much of the disk features take, indexes and all.
select pg_total_relation_size('image_features') as features, pg_total_relation_size('feature_terms') as terms
