-- upsert --
-- Record a post; what is known is not overwritten by nothing, and who recorded it first stays. Says whether it is new.
insert into posts as p (
    post_id, civitai_url, status, title, description, username, tags, nsfw_level, published_at, title_unread,
    created_by, recorded_at, updated_at
)
values (
    :post_id, :civitai_url, :status, :title, :description, :username, :tags::text[], :nsfw_level::integer,
    :published_at::timestamptz, :title_unread, :created_by, :now::timestamptz, :now
)
on conflict (post_id) do update set
    status = excluded.status,
    title = coalesce(excluded.title, p.title),
    description = coalesce(excluded.description, p.description),
    username = coalesce(excluded.username, p.username),
    tags = case when excluded.tags = '{}' then p.tags else excluded.tags end,
    nsfw_level = coalesce(excluded.nsfw_level, p.nsfw_level),
    published_at = case when :authoritative::boolean then coalesce(excluded.published_at, p.published_at)
        else least(p.published_at, excluded.published_at) end,
    -- Once read it is known; of a post recorded by hand, which has no date, it was not read yet.
    title_unread = excluded.title_unread and (p.title_unread or p.published_at is null),
    updated_at = excluded.updated_at
returning xmax = 0 as is_new

-- page --
-- List recorded posts, newest first, each with the sums over its media and what they gained; a sum that misses a
-- part is told apart by its count. With `most` above 0 also so many of its media, most reactions first.
with matching as (
    select p.post_id, coalesce(p.published_at, p.recorded_at) as at
    from posts as p
    where true /* conditions */
    order by coalesce(p.published_at, p.recorded_at) desc, p.post_id desc
    limit :limit offset :offset
),
-- By itself: over () would carry every post that matches through the sort.
counted as (select count(*) as total from posts as p where true /* conditions */),
page as materialized (select p.*, m.at from matching as m join posts as p using (post_id)),
held as materialized (
    select a.post_id, a.asset_id, a.asset_type, a.image_id
    from assets as a
    where a.post_id = any(array(select post_id from page))
),
-- All that is followed of a post counts, also what came to it after it was recorded.
media as materialized (
    select post_id, image_id from held where image_id is not null
    union
    select post_id, id from images where post_id = any(array(select post_id from page))
),
tracked as materialized (
    select t.*, t.like_count + t.heart_count + t.laugh_count + t.cry_count as reactions
    from image_tracking as t
    where t.image_id = any(array(select image_id from media))
),
kept as (
    select post_id, count(*) as asset_count, count(image_id) as linked from held group by post_id
),
sums as (
    select
        m.post_id as of_post,
        count(*) as media_count,
        count(t.like_count) as known_count,
        sum(t.like_count) as like_count,
        sum(t.heart_count) as heart_count,
        sum(t.laugh_count) as laugh_count,
        sum(t.cry_count) as cry_count,
        sum(t.dislike_count) as dislike_count,
        sum(t.comment_count) as comment_count,
        coalesce(min(t.as_of) filter (where t.state <> 'missing'), max(t.as_of)) as as_of,
        bool_and(t.state = 'missing') as is_gone,
        sum(g.gain_24h)::bigint as gain_24h,
        count(g.gain_24h) as known_24h,
        sum(g.gain_7d)::bigint as gain_7d,
        count(g.gain_7d) as known_7d,
        bool_and(g.is_since_publication) as is_since_publication
    from media as m
    left join tracked as t using (image_id)
    left join gains(array(select image_id from media), :now) as g using (image_id)
    group by m.post_id
),
best as (
    select
        h.post_id as of_post,
        (array_agg(h.asset_type order by t.reactions desc nulls last, h.asset_id))[1:(:most)] as types,
        (array_agg(
            array[h.asset_id, h.image_id, t.like_count, t.heart_count, t.laugh_count, t.cry_count, t.comment_count]
            order by t.reactions desc nulls last, h.asset_id
        ))[1:(:most)] as assets
    from held as h
    left join tracked as t using (image_id)
    where :most::integer > 0
    group by h.post_id
)
select
    p.post_id, p.civitai_url, p.status, p.title, p.description, p.username, p.tags, p.published_at, p.recorded_at,
    p.updated_at, p.created_by, p.on_behalf_of, p.metadata, n.total, k.asset_count, k.linked, s.*, b.types, b.assets
from page as p
cross join counted as n
left join kept as k on k.post_id = p.post_id
left join sums as s on s.of_post = p.post_id
left join best as b on b.of_post = p.post_id
order by p.at desc, p.post_id desc

-- gains --
-- Say what recorded posts gained in the last seven days, where that is known of each of their media with counters.
with media as materialized (
    select post_id, image_id from assets where post_id = any(:ids::bigint[]) and image_id is not null
    union
    select post_id, id from images where post_id = any(:ids::bigint[])
)
select m.post_id, case when count(g.gain_7d) = count(g.image_id) then sum(g.gain_7d)::bigint end as gain_7d
from media as m
join gains(array(select image_id from media), :now) as g using (image_id)
group by m.post_id

-- count --
-- Count recorded posts.
select count(*) from posts as p where true /* conditions */

-- newest --
-- Name recorded posts, newest first.
select post_id
from posts
order by coalesce(published_at, recorded_at) desc, post_id desc
limit :limit

-- watch --
-- Follow a creator or a post; following it again changes nothing.
insert into watches (kind, name, created_by, created_at)
values (:kind, :name, :created_by, :now)
on conflict do nothing
