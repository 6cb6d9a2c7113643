-- in_future --
-- Count what is later than now, and what is due later than anything may be.
select
    (
        select count(*)::integer from runs
        where started_at > :latest::timestamptz or finished_at > :latest or tick_at > :latest
    ) as runs,
    (select count(*)::integer from leadership where seen_at > :latest or since > :latest) as leaders,
    count(*) filter (where greatest(as_of, last_observed_at, changed_at) > :latest)::integer as media,
    count(*) filter (
        where next_due_at > case when source = 'sampled' then :sampled_due_by::timestamptz else :followed_due_by::timestamptz end
    )::integer as due
from image_tracking

-- put_aside --
-- Keep what was seen in the future where what could not be read is kept.
insert into rejects (subject, reason, raw, seen_at)
select concat('image ', h.image_id), :why, to_jsonb(h)::text, :now::timestamptz
from image_stats_history as h
where h.collected_at > :latest::timestamptz
order by h.collected_at, h.image_id

-- outdate_features --
-- What was read off of media that were seen in the future is read off anew.
update image_features set rules = 0
where rules <> 0 and image_id in (
    select image_id from image_tracking where greatest(as_of, last_observed_at, changed_at) > :latest::timestamptz
)

-- take_back --
-- Drop the history of the future; media are as they were seen before it, or were never seen, and are due.
with dropped as (
    delete from image_stats_history where collected_at > :latest::timestamptz
    returning image_id, collected_at, previous_observed_at
),
held as (
    select image_id, (array_agg(previous_observed_at order by collected_at))[1] as held_at from dropped group by image_id
),
astray as materialized (
    select t.image_id, least(h.held_at, :now::timestamptz) as held_at
    from image_tracking as t
    left join held as h using (image_id)
    where greatest(t.as_of, t.last_observed_at, t.changed_at) > :latest or h.image_id is not null
),
before as (
    select a.image_id, a.held_at, l.*
    from astray as a
    left join lateral (
        select
            collected_at, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count, event, unconfirmed
        from image_stats_history as one
        where one.image_id = a.image_id and one.collected_at <= :latest
        order by one.collected_at desc
        limit 1
    ) as l on true
)
update image_tracking as t set
    like_count = b.like_count, heart_count = b.heart_count, laugh_count = b.laugh_count, cry_count = b.cry_count,
    dislike_count = b.dislike_count, comment_count = b.comment_count,
    as_of = case when b.collected_at is not null then greatest(b.collected_at, b.held_at) end,
    last_observed_at = case when b.collected_at is not null then greatest(b.collected_at, b.held_at) end,
    changed_at = b.collected_at,
    unconfirmed = coalesce(b.unconfirmed, false),
    state = case b.event when 'missing' then 'missing' when 'returned' then 'returned' else 'present' end,
    misses = 0,
    next_due_at = :now
from before as b
where b.image_id = t.image_id

-- first_sights --
-- Nothing was first seen later than now.
update images set first_seen_at = :now::timestamptz where first_seen_at > :latest::timestamptz

-- forget_suspects --
-- Doubts of the future prove nothing.
delete from suspects where as_of > :latest::timestamptz or seen_at > :latest

-- due_again --
-- Look now at what is due later than anything may be.
update image_tracking set next_due_at = :now::timestamptz
where next_due_at > case when source = 'sampled' then :sampled_due_by::timestamptz else :followed_due_by::timestamptz end

-- runs --
-- A tick that has not come yet was not run.
delete from runs where tick_at > :latest::timestamptz

-- clamp_runs --
-- Other runs have ended by now.
update runs set started_at = least(started_at, :now::timestamptz), finished_at = least(finished_at, :now)
where started_at > :latest::timestamptz or finished_at > :latest

-- leader --
-- Whoever kept the clock was seen by now.
update leadership set since = least(since, :now::timestamptz), seen_at = least(seen_at, :now)
where since > :latest::timestamptz or seen_at > :latest

-- watches --
-- What is followed is so from now on at the latest.
update watches set created_at = :now::timestamptz where created_at > :latest::timestamptz

-- creators --
-- Creators who were listed in the future are listed anew.
update creators set listed_at = null where listed_at > :latest::timestamptz
