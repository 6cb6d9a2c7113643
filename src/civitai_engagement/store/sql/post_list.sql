-- page --
-- List posts by what is observed of their media, recorded or not: newest, most, or in the
-- order of `ranked`, the others after it.
with wanted as materialized (
    select
        i.post_id,
        min(i.published_at) as published_at,
        max(i.browsing_level) as level,
        array_agg(distinct i.type) as types,
        min(i.username) as username,
        sum(t.like_count + t.heart_count + t.laugh_count + t.cry_count + t.comment_count) as total,
        array_agg(i.id) as ids
    from images as i
    join image_tracking as t on t.image_id = i.id
    where i.post_id is not null /* conditions */
    group by i.post_id
    having (:since::timestamptz is null or min(i.published_at) >= :since)
        and (:until::timestamptz is null or min(i.published_at) <= :until)
        and (:type::text is null or bool_or(i.type = :type))
        and (:level::integer is null or max(i.browsing_level) = :level)
),
page as materialized (
    select w.*, row_number() over ranked as place, count(*) over () as all_posts
    from wanted as w
    window ranked as (
        order by
            array_position(:ranked::bigint[], w.post_id),
            case when :by::text = 'most' then w.total end desc nulls last,
            w.published_at desc nulls last,
            w.post_id desc
    )
    order by place
    limit :limit offset :offset
),
sums as (
    select
        p.post_id as of_post,
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
    from page as p
    cross join unnest(p.ids) as one (image_id)
    join image_tracking as t on t.image_id = one.image_id
    left join gains(array(select unnest(ids) from page), :now::timestamptz) as g on g.image_id = one.image_id
    group by p.post_id
)
select
    p.post_id, p.username, p.published_at, p.types, p.level, p.all_posts, r.title, r.post_id is not null as is_recorded,
    s.*, s.media_count as asset_count, s.media_count as linked
from page as p
join sums as s on s.of_post = p.post_id
left join posts as r on r.post_id = p.post_id
order by p.place

-- media --
-- Rank observed media by one of their counts, most first.
select
    i.id, i.url, i.type, i.post_id, i.username, i.published_at, t.as_of, r.title,
    t.like_count, t.heart_count, t.laugh_count, t.cry_count, t.dislike_count, t.comment_count
from images as i
join image_tracking as t on t.image_id = i.id
left join posts as r on r.post_id = i.post_id
where t.like_count is not null and (:type::text is null or i.type = :type)
    and (:since::timestamptz is null or i.published_at >= :since)
    and (:until::timestamptz is null or i.published_at <= :until)
    and (:level::integer is null or i.browsing_level = :level) /* conditions */
order by
    case :by::text
        when 'likes' then t.like_count
        when 'hearts' then t.heart_count
        when 'likes_and_hearts' then t.like_count + t.heart_count
        when 'comments' then t.comment_count
        else t.like_count + t.heart_count + t.laugh_count + t.cry_count + t.comment_count
    end desc,
    i.id
limit :limit

-- kinds --
-- Sum observed media up by their type, with the newest of each.
select
    i.type, count(*)::integer as media, count(t.like_count)::integer as known,
    sum(t.like_count) as like_count, sum(t.heart_count) as heart_count, sum(t.laugh_count) as laugh_count,
    sum(t.cry_count) as cry_count, sum(t.dislike_count) as dislike_count, sum(t.comment_count) as comment_count,
    (array_agg(i.id order by i.published_at desc nulls last, i.id desc))[1:(:newest)::integer] as newest,
    count(distinct i.post_id)::integer as posts
from images as i
join image_tracking as t on t.image_id = i.id
where (:type::text is null or i.type = :type)
    and (:since::timestamptz is null or i.published_at >= :since)
    and (:until::timestamptz is null or i.published_at <= :until)
    and (:level::integer is null or i.browsing_level = :level) /* conditions */
group by i.type
order by i.type

-- titles --
-- Give the titles of posts, where they are known.
select post_id, title from posts where post_id = any(:posts::bigint[]) and title is not null
