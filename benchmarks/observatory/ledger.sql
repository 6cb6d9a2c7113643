-- seed --
-- Draw the same every time.
select setseed(0.26)

-- draw --
-- Draw posts of one to twenty media (eight on average), by creators of up to a few hundred posts; a third of them
-- are published in the last twelve days, the others in the twenty-four before.
create temporary table drawn on commit drop as
select
    n + 22000000 as post_id,
    sum(size) over (order by n) - size as before,
    size, creator, published_at, strength, n % 12 = 0 as is_recorded
from (
    select
        n,
        1 + floor(20 * power(random(), 2))::integer as size,
        1 + floor(:creators::integer * power(random(), 1.5))::integer as creator,
        :until::timestamptz - random() * interval '36 days' as published_at,
        exp(1.2 * (random() + random() + random() + random() - 2)) as strength
    from generate_series(1, :posts::integer) as n
) as d

-- images --
-- Store their media.
insert into images (
    id, post_id, username, url, type, width, height, nsfw, nsfw_level, browsing_level, base_model, created_at,
    published_at, first_seen_at, generation_read_at
)
select
    110000000 + d.before + place, d.post_id, 'creator' || d.creator,
    'https://image.civitai.com/x/' || md5((d.before + place)::text) || '/original=true/image.jpeg',
    case when (d.before + place) % 7 = 0 then 'video' else 'image' end, 832, 1216, false, 'None', 1,
    (array['SDXL 1.0', 'Flux.1 D', 'Pony', 'Illustrious'])[1 + d.creator % 4],
    d.published_at, d.published_at, greatest(d.published_at, :until::timestamptz - interval '12 days'), :until
from drawn as d
cross join lateral generate_series(1, d.size) as place

-- observe --
-- Observe every four hours, for twelve days or since they were published, what the media had: a young one often
-- changes, an old one hardly ever. Only what changed is written. Gives how often media were observed.
with life as (
    select
        i.id, d.published_at, d.strength,
        :until::timestamptz - interval '284 hours' + (i.id - 110000000) / 200 * interval '1.2 seconds' as begins_at,
        greatest(0, ceil(extract(epoch from d.published_at - (:until - interval '284 hours')) / 14400))::integer as first
    from images as i
    join drawn as d using (post_id)
),
looked as (
    select
        l.id, l.strength, tick, tick = l.first as is_first, l.begins_at + tick * interval '4 hours' as at,
        extract(epoch from l.begins_at + tick * interval '4 hours' - l.published_at) / 86400 as days
    from life as l
    cross join lateral generate_series(l.first, 71) as tick
),
changed as (
    select
        *,
        1 + floor(power(random(), 3) * 12 * strength / (1 + days))::integer as likes,
        (random() < 0.4)::integer as hearts, (random() < 0.06)::integer as laughs, (random() < 0.04)::integer as cries,
        (random() < 0.08)::integer as comments
    from looked
    where is_first or random() < case when days < 1 then 0.6 when days < 3 then 0.2 when days < 7 then 0.06 else 0.009 end
),
stepped as (
    select
        id, at, is_first, tick, likes * grown as likes, hearts * grown as hearts, laughs * grown as laughs,
        cries * grown as cries, comments * grown as comments
    from (select *, case when is_first and days > 0.2 then ceil(9 * strength) else 1 end::integer as grown from changed) as c
),
written as (
    insert into image_stats_history (
        image_id, collected_at, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count,
        like_gain, heart_gain, laugh_gain, cry_gain, dislike_gain, comment_gain, previous_observed_at, event
    )
    select
        id, at, sum(likes) over life, sum(hearts) over life, sum(laughs) over life, sum(cries) over life, 0,
        sum(comments) over life,
        likes * grows, hearts * grows, laughs * grows, cries * grows, 0, comments * grows,
        case when not is_first then at - interval '4 hours' end, case when is_first then 'first' else 'change' end
    from (select *, (not is_first)::integer as grows from stepped) as s
    window life as (partition by id order by tick)
    order by at, id
)
select sum(72 - first) from life

-- track --
-- Keep the latest counters of each, followed because its post is recorded, or every other creator is watched.
insert into image_tracking (
    image_id, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count, as_of, last_observed_at,
    next_due_at, source, changed_at
)
select distinct on (h.image_id)
    h.image_id, h.like_count, h.heart_count, h.laugh_count, h.cry_count, 0, h.comment_count, seen.at, seen.at,
    :until::timestamptz + interval '4 hours',
    case when d.is_recorded then 'recorded' when d.creator % 2 = 0 then 'watched' else 'sampled' end, h.collected_at
from image_stats_history as h
join images as i on i.id = h.image_id
join drawn as d using (post_id)
cross join lateral (select :until::timestamptz + (i.id - 110000000) / 200 * interval '1.2 seconds' as at) as seen
order by h.image_id, h.collected_at desc

-- posts --
-- Record every twelfth post.
insert into posts (
    post_id, civitai_url, status, title, description, username, nsfw_level, published_at, created_by, recorded_at,
    updated_at
)
select
    post_id, 'https://civitai.com/posts/' || post_id, 'published', 'Harbour ' || post_id, 'A study of boats in rain.',
    'creator' || creator, 1, published_at, 'me', :until::timestamptz, :until
from drawn
where is_recorded

-- assets --
-- And the media in them.
insert into assets (
    asset_type, asset_source, asset_url, image_id, post_id, created_by, recorded_at, updated_at
)
select i.type, 'generated', i.url, i.id, i.post_id, 'me', :until::timestamptz, :until
from images as i
join posts as p using (post_id)
order by i.id

-- watches --
-- Watch what is followed.
insert into watches (kind, name, label, created_by, created_at)
select 'post', post_id::text, post_id::text, 'me', :until::timestamptz from drawn where is_recorded
union all
select distinct 'creator', 'creator' || creator, 'creator' || creator, 'me', :until from drawn where creator % 2 = 0

-- creators --
-- Know how many media each has.
insert into creators (name, username, listed, listed_at)
select 'creator' || creator, 'creator' || creator, sum(size), :until::timestamptz from drawn group by creator

-- runs --
-- And that all of it was collected, tick by tick.
insert into runs (
    job, tick_at, holder, started_at, finished_at, planned, observed, unchanged, compared, requests, seconds, coverage
)
select
    job, at, 'benchmark', at, at + interval '30 minutes', 180000, 180000, 171000, 180000, 1000, 1800,
    '{"young": [6000, 6000], "settling": [150000, 150000], "old": [24000, 24000]}'
from generate_series(:until::timestamptz - interval '284 hours', :until, interval '4 hours') as at
cross join unnest(array['update_existing_stats', 'collect_new_images']) as job
