-- upsert --
-- Record a post; what is known is not overwritten by nothing, and who recorded it first stays. Says whether it is new.
insert into posts as p (
    post_id, civitai_url, status, title, description, username, tags, nsfw_level, published_at, created_by,
    recorded_at, updated_at
)
values (
    :post_id, :civitai_url, :status, :title, :description, :username, :tags::text[], :nsfw_level::integer,
    :published_at::timestamptz, :created_by, :now::timestamptz, :now
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
    updated_at = excluded.updated_at
returning xmax = 0 as is_new

-- page --
-- List recorded posts, newest first, each with the sums over its media and what they gained; a sum that misses a
-- part is told apart by its count.
with matching as (
    select p.*, count(*) over () as total
    from posts as p
    where true /* conditions */
    order by coalesce(p.published_at, p.recorded_at) desc, p.post_id desc
    limit :limit offset :offset
),
sums as (
    select
        a.post_id as of_post,
        count(*) as asset_count,
        count(e.like_count) as known_count,
        sum(e.like_count) as like_count,
        sum(e.heart_count) as heart_count,
        sum(e.laugh_count) as laugh_count,
        sum(e.cry_count) as cry_count,
        sum(e.dislike_count) as dislike_count,
        sum(e.comment_count) as comment_count,
        min(e.as_of) as as_of,
        sum(e.gain_24h) as gain_24h,
        count(e.gain_24h) as known_24h,
        sum(e.gain_7d) as gain_7d,
        count(e.gain_7d) as known_7d
    from assets as a
    left join engagement as e on e.image_id = a.image_id
    where a.post_id in (select post_id from matching)
    group by a.post_id
)
select
    m.post_id, m.civitai_url, m.status, m.title, m.description, m.username, m.tags, m.published_at, m.recorded_at,
    m.updated_at, m.created_by, m.on_behalf_of, m.metadata, m.total, s.*
from matching as m
left join sums as s on s.of_post = m.post_id
order by coalesce(m.published_at, m.recorded_at) desc, m.post_id desc

-- count --
-- Count recorded posts.
select count(*) from posts as p where true /* conditions */

-- watch --
-- Follow a creator or a post; following it again changes nothing.
insert into watches (kind, name, created_by, created_at)
values (:kind, :name, :created_by, :now)
on conflict do nothing
