-- forget_runs --
-- Drop old runs.
delete from runs where started_at < :before

-- forget_suspects --
-- Drop old values in doubt.
delete from suspects where seen_at < :before

-- forget_rejects --
-- Drop old unreadable things.
delete from rejects where seen_at < :before

-- close_abandoned --
-- Close runs of earlier ticks that nobody runs any more.
update runs as r set
    finished_at = :now, error = coalesce(r.error, 'Stopped midway; a later run did what was left.')
where r.job = :job and r.finished_at is null and r.tick_at < :before and not exists (
    select from pg_locks as l
    where l.locktype = 'advisory' and l.granted
        and l.database = (select oid from pg_database where datname = current_database())
        and (l.classid, l.objid, l.objsubid) = (4714::oid, (r.run_id % 4294967296)::oid, 2)
)

-- thin --
-- Merge the plain changes that a sampled image had on one day into the last of them, some days at a time.
with days as (
    select
        h.image_id,
        date_trunc('day', h.collected_at, 'UTC') as day,
        max(h.collected_at) as last_at,
        min(h.previous_observed_at) as previous_observed_at,
        sum(h.like_gain) as like_gain, sum(h.heart_gain) as heart_gain, sum(h.laugh_gain) as laugh_gain,
        sum(h.cry_gain) as cry_gain, sum(h.dislike_gain) as dislike_gain, sum(h.comment_gain) as comment_gain
    from image_stats_history as h
    join image_tracking as t on t.image_id = h.image_id
    where h.collected_at < date_trunc('day', :before::timestamptz, 'UTC') and t.source = 'sampled'
    group by 1, 2
    having count(*) > 1 and bool_and(h.event in ('change', 'gap'))
    order by 1, 2
    limit 5000
),
dropped as (
    delete from image_stats_history as h
    using days as d
    where h.image_id = d.image_id and h.collected_at >= d.day and h.collected_at < d.last_at
    returning h.image_id
),
merged as (
    update image_stats_history as h set
        previous_observed_at = d.previous_observed_at,
        like_gain = d.like_gain, heart_gain = d.heart_gain, laugh_gain = d.laugh_gain,
        cry_gain = d.cry_gain, dislike_gain = d.dislike_gain, comment_gain = d.comment_gain,
        event = 'change'
    from days as d
    where h.image_id = d.image_id and h.collected_at = d.last_at
)
select count(*) from dropped
