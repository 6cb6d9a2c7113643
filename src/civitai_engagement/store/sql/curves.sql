-- briefs --
-- Sum up posts, or single media, newest first.
with wanted as materialized (
    select case when :by_image::boolean then i.id else i.post_id end as id, min(i.published_at) as published_at
    from images as i
    where (:by_image or i.post_id is not null) /* conditions */
    group by 1
    having (:since::timestamptz is null or min(i.published_at) >= :since)
        and (:until::timestamptz is null or min(i.published_at) <= :until)
    order by 2 desc nulls last, 1 desc
    limit :limit
),
held as materialized (
    select i.id as subject, i.* from images as i where :by_image and i.id = any(array(select id from wanted))
    union all
    select i.post_id, i.* from images as i where not :by_image and i.post_id = any(array(select id from wanted))
)
select
    w.id,
    min(h.post_id) as post_id,
    min(h.username) as username,
    w.published_at,
    array_agg(distinct h.type) as types,
    array_remove(array_agg(distinct h.base_model), null) as base_models,
    count(*)::integer as media,
    count(t.like_count)::integer as known,
    count(*) filter (where t.state = 'missing')::integer as missing,
    sum(t.like_count) as like_count,
    sum(t.heart_count) as heart_count,
    sum(t.laugh_count) as laugh_count,
    sum(t.cry_count) as cry_count,
    sum(t.dislike_count) as dislike_count,
    sum(t.comment_count) as comment_count,
    min(t.as_of) filter (where t.state <> 'missing') as as_of,
    max(t.changed_at) as changed_at,
    max(t.as_of) as confirmed_at,
    (array['recorded', 'watched', 'sampled'])[
        min(case t.source when 'recorded' then 1 when 'watched' then 2 else 3 end)
    ] as source
from wanted as w
join held as h on h.subject = w.id
left join image_tracking as t on t.image_id = h.id
group by w.id, w.published_at
order by w.published_at desc nulls last, w.id desc

-- steps --
-- Give the sums over the media of posts, or those of single media, at each instant one of them moved; those that moved
-- then after silences of different lengths come one after another. Of what was before `since` one row remains, with the
-- sums as they were by then. Beside them each media as it was first seen after `since`: of what it had then, the answer
-- decides what was gained (analysis/gains.py).
with media as materialized (
    select
        i.id, case when :by_image::boolean then i.id else i.post_id end as subject, i.first_seen_at, i.published_at
    from images as i
    where true /* conditions */
),
seen as (
    select
        m.subject, m.published_at, h.image_id, h.collected_at, h.event, h.is_before,
        h.like_count + h.heart_count + h.laugh_count + h.cry_count as reactions,
        h.comment_count as comments,
        case when h.is_before then null else h.previous_observed_at end as previous_observed_at,
        case when h.is_before then max(h.collected_at) filter (where h.is_before) over (partition by m.subject)
            else h.collected_at end as at
    from media as m
    cross join lateral (
        select *, false as is_before from image_stats_history as one
        where one.image_id = m.id
            and one.collected_at > coalesce(:since::timestamptz, (select min(first_seen_at) from media) - interval '1 day')
        union all
        (
            select *, true from image_stats_history as one
            where one.image_id = m.id and one.collected_at <= :since
            order by one.collected_at desc
            limit 1
        )
    ) as h
),
moved as (
    select
        subject, image_id, published_at, at, event, previous_observed_at,
        reactions - lag(reactions, 1, 0) over story as reactions,
        comments - lag(comments, 1, 0) over story as comments,
        row_number() over story = 1 and not is_before as is_first,
        row_number() over story = 1
            and at > min(at) over (partition by subject)
            and at > published_at + interval '24 hours' as has_joined
    from seen
    window story as (partition by image_id order by collected_at)
),
together as (
    select
        subject, at, previous_observed_at,
        sum(sum(reactions)) over line as reactions,
        sum(sum(comments)) over line as comments,
        bool_and(event = 'missing') as is_unseen,
        count(*) filter (where event in ('fall', 'correction')) as falls,
        count(*) filter (where event = 'gap') as gaps,
        count(*) filter (where event = 'missing') as vanished,
        count(*) filter (where has_joined) as joined
    from moved
    group by subject, at, previous_observed_at
    window line as (partition by subject order by at, previous_observed_at)
),
firsts as (
    select
        subject,
        array_agg(at order by at, image_id) as first_at,
        array_agg(published_at order by at, image_id) as first_published_at,
        array_agg(reactions::bigint order by at, image_id) as first_reactions,
        array_agg(comments::bigint order by at, image_id) as first_comments
    from moved
    where is_first
    group by subject
)
select
    subject,
    array_agg(at order by at, previous_observed_at) filter (where not is_unseen) as at,
    array_agg(previous_observed_at order by at, previous_observed_at) filter (where not is_unseen) as previous_observed_at,
    array_agg(reactions::bigint order by at, previous_observed_at) filter (where not is_unseen) as reactions,
    array_agg(comments::bigint order by at, previous_observed_at) filter (where not is_unseen) as comments,
    min(first_at) as first_at,
    min(first_published_at) as first_published_at,
    min(first_reactions) as first_reactions,
    min(first_comments) as first_comments,
    sum(falls)::integer as falls,
    sum(gaps)::integer as gaps,
    sum(vanished)::integer as vanished,
    sum(joined)::integer as joined
from together
left join firsts using (subject)
group by subject

-- gained --
-- Name the posts, or media, that gained most in the rows of a window (by pace: most an hour observed of it; by age: of
-- those that were out before it), and say of how many that was above nothing. What was published in the window gained
-- all it had when it was first seen; what was published before had a level; a change may have come before the window
-- where the look before it was a sixth of it before that (analysis/gains.py, which the hours observed are by too).
-- Why in SQL: it is asked of all that is followed at once, and what it names is then told by Python (docs/decisions/0027).
with moved as (
    -- One row of the history each. It is walked from the tracking, whose `changed_at` leaves out, without touching the
    -- history, what has not moved since the window began: most of what is followed.
    select
        case when :by_image::boolean then i.id else i.post_id end as id,
        h.collected_at,
        h.previous_observed_at,
        coalesce(h.previous_observed_at < :since::timestamptz - (:until::timestamptz - :since) / :slack::integer, false) as is_unplaced,
        case
            when h.event <> 'first'
                then h.like_gain + h.heart_gain + h.laugh_gain + h.cry_gain + h.comment_gain
            when i.published_at >= :since and i.published_at < h.collected_at
                then h.like_count + h.heart_count + h.laugh_count + h.cry_count + h.comment_count
            else 0
        end as gain
    from image_tracking as t
    join images as i on i.id = t.image_id
    join image_stats_history as h on h.image_id = t.image_id
    where t.changed_at > :since and h.collected_at > :since and h.collected_at <= :until
        and (:by_image or i.post_id is not null) /* conditions */
),
summed as (
    -- The gain is known from `held_at`, the last look before its first change, unless nothing at all was looked at until
    -- `silent_until`: what came during a silence may have come before the window.
    select
        id,
        coalesce(sum(gain) filter (where not is_unplaced), 0)::bigint as gain,
        coalesce(sum(gain) filter (where is_unplaced), 0) as unplaced,
        min(previous_observed_at) filter (where gain <> 0 and not is_unplaced) as held_at,
        max(collected_at) filter (where gain <> 0 and is_unplaced) as silent_until
    from moved
    group by id
),
observed as (
    -- Over how long the gain was observed: from its publication, its first look or the window's beginning, to the look
    -- that its stalest media had last. Ranking by gain alone needs none of it, so the lateral part is switched off then.
    select
        s.id, s.gain, s.unplaced, whole.published_at,
        least(:until, whole.seen_to) - case
            when whole.published_at >= :since then whole.published_at
            when whole.first_seen_at > :since then whole.first_seen_at
            else greatest(least(:since, s.held_at), s.silent_until)
        end as span
    from summed as s
    cross join lateral (
        select
            min(one.published_at) as published_at,
            min(one.first_seen_at) as first_seen_at,
            coalesce(min(seen.as_of) filter (where seen.state <> 'missing'), max(seen.as_of)) as seen_to
        from images as one
        join image_tracking as seen on seen.image_id = one.id
        where :by::text <> 'gain'
            and (:by_image and one.id = s.id or not :by_image and one.post_id = s.id)
    ) as whole
)
select
    id, gain,
    count(*) filter (where gain > 0) over () as rising,
    count(*) filter (where gain <= 0 and unplaced > 0) over () as unplaced,
    count(*) filter (where gain > 0 and :by = 'age' and published_at >= :since) over () as young
from observed
order by
    gain > 0 desc,
    case when :by = 'age' then published_at >= :since end,
    case when :by = 'per_hour' and span >= :shortest_rate::interval then gain / extract(epoch from span) end desc nulls last,
    gain desc,
    id
limit :limit
