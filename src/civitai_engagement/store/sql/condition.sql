-- runs --
-- Give the latest runs of jobs that ask Civitai, newest first, each with how many media it could not believe.
select
    r.job, r.tick_at, r.started_at, r.finished_at, r.holder, r.planned, r.observed, r.unchanged, r.missing, r.suspect,
    r.rejected, r.compared, r.fell, r.requests, r.retries, r.seconds, r.coverage, r.error,
    (
        select count(distinct s.image_id)
        from suspects as s
        where s.run_id = r.run_id and s.reason = 'unbelievable'
            and s.seen_at between r.started_at and coalesce(r.finished_at, 'infinity')
    ) as unbelievable
from runs as r
where r.job = any(:jobs::text[])
order by r.started_at desc, r.run_id desc
limit :most

-- leader --
-- Tell who keeps the clock, or kept it last.
select holder, since, seen_at from leadership

-- following_since --
-- Tell since when anything is followed.
select min(created_at) from watches

-- lag --
-- Count what is tracked, and what should have been looked at by now; what vanished is not waited for.
select
    count(*) as tracked,
    max(last_observed_at) as last_observed_at,
    count(*) filter (where next_due_at <= :now and state <> 'missing') as overdue,
    min(next_due_at) filter (where next_due_at <= :now and state <> 'missing') as oldest_due_at
from image_tracking

-- sent --
-- Count the requests of jobs in the last hour and the last day, and those of the day that had to be repeated.
select
    coalesce(sum(requests) filter (where started_at > :hour_ago::timestamptz), 0) as hour_requests,
    coalesce(sum(requests), 0) as day_requests,
    coalesce(sum(retries), 0) as day_retries
from runs
where started_at > :day_ago::timestamptz

-- doubted --
-- Count the media doubted since then by reason, those whose doubt still stands, and those that had fallen indeed.
select
    s.reason,
    count(distinct s.image_id) as media,
    count(distinct s.image_id) filter (where t.as_of is null or s.as_of > t.as_of) as waiting,
    count(distinct s.image_id) filter (
        where t.changed_at > s.as_of and exists (
            select
            from image_stats_history as h
            where h.image_id = s.image_id and h.event in ('fall', 'correction')
                and h.collected_at > s.as_of and h.previous_observed_at < s.as_of
                and (s.reason = 'unbelievable')
                    = (h.like_count + h.heart_count + h.laugh_count + h.cry_count + h.comment_count = 0)
        )
    ) as found
from suspects as s
left join image_tracking as t using (image_id)
where s.seen_at > :day_ago
group by s.reason
order by media desc, s.reason
limit 20

-- unreadable --
-- Count what was rejected since then by reason.
select reason, count(*) as things
from rejects
where seen_at > :day_ago
group by reason
order by things desc, reason
limit 20

-- sizes --
-- Tell the size of the database, and how many rows the history has: counted up to `exactly`, estimated beyond, null
-- while nobody has estimated them. Counting tens of millions takes a second, and nobody needs the last of them.
with counted as (select count(*) as rows from (select from image_stats_history limit :exactly::bigint + 1) as first_ones)
select
    pg_database_size(current_database()) as database_bytes,
    rows > :exactly as history_is_estimated,
    case
        when rows <= :exactly then rows
        else (
            select nullif(sum(greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0))::bigint, 0)
            from pg_inherits as i
            join pg_class as c on c.oid = i.inhrelid
            where i.inhparent = 'image_stats_history'::regclass
        )
    end as history_rows
from counted

-- statements_schema --
-- Tell where the server counts statements, if it does and was started for it.
select n.nspname
from pg_extension as e
join pg_namespace as n on n.oid = e.extnamespace
where e.extname = 'pg_stat_statements' and current_setting('pg_stat_statements.max', true) is not null
