-- of_creator --
-- Say of all posts of a creator what they gained in periods, by the rule of analysis/gains.py: what looks in a period
-- showed to have changed, and the first total of what was published in it.
with span as (
    select
        place, start_at, end_at,
        start_at - (end_at - start_at) / :slack::integer as unplaced_before,
        start_at - :near::interval as long_before, end_at - :near as long_before_end
    from unnest(:starts::timestamptz[], :ends::timestamptz[]) with ordinality as s (start_at, end_at, place)
),
media as materialized (
    select
        i.id, i.post_id, coalesce(i.published_at, '-infinity') as published_at,
        t.like_count is not null as is_known,
        case when t.state = 'missing' then 'infinity' else t.as_of end as seen_to
    from images as i
    join image_tracking as t on t.image_id = i.id
    where lower(i.username) = lower(:creator) and i.post_id is not null
),
look as materialized (
    select
        h.image_id, h.collected_at, h.previous_observed_at,
        h.like_count + h.heart_count + h.laugh_count + h.cry_count + h.comment_count as total,
        h.like_gain + h.heart_gain + h.laugh_gain + h.cry_gain + h.comment_gain as gain
    from media as m
    join image_stats_history as h on h.image_id = m.id
    where h.collected_at > :since::timestamptz
),
beginning as (
    select m.*, case when is_known then coalesce(f.collected_at, '-infinity') end as first_at
    from media as m
    left join look as f on f.image_id = m.id and f.previous_observed_at is null
),
told as (
    select
        m.*, s.*, l.collected_at, l.previous_observed_at, l.total, l.gain,
        case when m.published_at >= s.start_at then m.published_at else m.first_at end as begun_at,
        l.collected_at > s.start_at and l.collected_at <= s.end_at as is_inside,
        l.previous_observed_at is null and m.published_at >= s.start_at and m.published_at < l.collected_at as is_news
    from beginning as m
    cross join span as s
    left join look as l on l.image_id = m.id
),
part as (
    select
        post_id, place, published_at, first_at,
        published_at < end_at as is_out,
        coalesce(sum(gain) filter (where is_inside and previous_observed_at is not null), 0)
            + coalesce(sum(total) filter (where is_inside and is_news), 0) as gain,
        coalesce(sum(gain) filter (where is_inside and previous_observed_at < unplaced_before), 0) as unplaced,
        coalesce(sum(total) filter (where is_inside and previous_observed_at is null and not is_news), 0) as joined,
        -- Too little of the period tells nothing of it: seen is a sixth of what it had left once the media was out, or
        -- all up to near its end.
        first_at <= end_at and seen_to > start_at and (
            (begun_at <= greatest(start_at, published_at) and seen_to >= long_before_end)
            or least(seen_to, end_at) - greatest(begun_at, start_at)
                >= (end_at - greatest(start_at, published_at)) / :slack
        ) as is_seen,
        coalesce(
            (published_at >= start_at or first_at <= start_at + :near) and first_at <= end_at
                and seen_to >= long_before_end,
            false
        ) and bool_or(
            gain <> 0 and (
                (is_inside and previous_observed_at < long_before)
                or (collected_at > end_at and previous_observed_at < long_before_end)
            )
        ) is not true as is_whole
    from told
    group by
        id, post_id, published_at, first_at, begun_at, seen_to,
        place, start_at, end_at, unplaced_before, long_before, long_before_end
),
post as (
    select
        post_id, place,
        case when bool_or(is_seen) then sum(gain - unplaced)::bigint end as gain,
        coalesce(bool_and(is_whole and is_seen) filter (where is_out), true) as is_whole,
        sum(unplaced)::bigint as unplaced,
        sum(joined)::bigint as joined,
        min(nullif(published_at, '-infinity')) as published_at,
        case when min(first_at) is not null then greatest(min(first_at), :since) end as began_at
    from part
    group by post_id, place
)
select
    post_id,
    min(published_at) as published_at,
    min(began_at) as began_at,
    array_agg(gain order by place) as gain,
    array_agg(is_whole order by place) as is_whole,
    array_agg(unplaced order by place) as unplaced,
    array_agg(joined order by place) as joined
from post
group by post_id
order by post_id

-- totals_of_creator --
-- Give what each post of a creator has now, as far as it is known, and whether that is of all its media.
select
    sum(t.like_count + t.heart_count + t.laugh_count + t.cry_count + t.comment_count)::bigint as total,
    count(*) = count(t.like_count) as is_whole
from images as i
left join image_tracking as t on t.image_id = i.id
where lower(i.username) = lower(:creator) and i.post_id is not null
group by i.post_id
having count(t.like_count) > 0
