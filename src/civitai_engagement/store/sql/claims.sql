-- lead --
-- Try to be the leader; a session that is it already stays it without locking again.
with held as (
    select exists (
        select from pg_locks
        where locktype = 'advisory' and pid = pg_backend_pid() and granted
            and database = (select oid from pg_database where datname = current_database())
            and (classid, objid, objsubid) = (4713::oid, 0::oid, 2)
    ) as already
),
trying as (
    select case when already then true else pg_try_advisory_lock(4713, 0) end as is_leader from held
),
told as (
    insert into leadership as l (holder, since, seen_at)
    select :holder, :now::timestamptz, :now from trying where is_leader
    on conflict (is_only) do update set
        since = case when l.holder = excluded.holder then l.since else excluded.since end,
        holder = excluded.holder,
        seen_at = excluded.seen_at
)
select is_leader from trying

-- silent --
-- Name all sessions of whoever holds a lock, leader or runner, and gave no sign of life for as long as its lease. Its own
-- session says when it did last, by the database's clock; where we may not see that, what a leader wrote down does.
with keeper as (
    select l.pid, coalesce(w.holder, r.holder) as holder, coalesce(a.state_change, w.seen_at) as seen_at
    from pg_locks as l
    join pg_stat_activity as a using (pid)
    left join leadership as w on l.classid = 4713::oid
    left join runs as r on l.classid = 4714::oid and r.run_id = l.objid::bigint
    where l.locktype = 'advisory' and l.granted and l.pid <> pg_backend_pid()
        and l.database = (select oid from pg_database where datname = current_database())
        and (l.classid, l.objid, l.objsubid) = (:kind::bigint::oid, :number::bigint::oid, 2)
),
silent as (
    select pid, holder from keeper where clock_timestamp() - seen_at > :lease::interval
)
select pid, holder from silent
union
select other.pid, silent.holder
from silent
join pg_locks as own
    on own.pid = silent.pid and own.locktype = 'advisory' and own.classid = 4715::oid and own.objsubid = 2
join pg_locks as other
    on other.locktype = 'advisory' and other.database = own.database
    and (other.classid, other.objid, other.objsubid) = (own.classid, own.objid, own.objsubid)
where other.pid <> pg_backend_pid()

-- end --
-- End a session, and wait until it is gone.
select pg_terminate_backend(:session, :milliseconds)

-- announce --
-- Note that a tick's job is to be run.
insert into runs (job, tick_at, epoch, holder, started_at)
values (:job, :tick_at, 0, :holder, :now)
on conflict (job, tick_at) do nothing

-- claim --
-- Take an unfinished run that nobody alive is running; the higher epoch shuts out whoever had it.
with open_run as materialized (
    select run_id from runs where job = :job and tick_at = :tick_at and finished_at is null
),
ours as materialized (
    select run_id from open_run where pg_try_advisory_lock(4714, run_id::integer)
)
update runs as r set epoch = r.epoch + 1, holder = :holder, error = null
from ours
where r.run_id = ours.run_id and r.finished_at is null
returning r.run_id, r.epoch, r.compared, r.fell

-- open_run --
-- Name the run of a tick's job that is not finished.
select run_id from runs where job = :job and tick_at = :tick_at and finished_at is null

-- give_back --
-- Release the lock of a run.
select pg_advisory_unlock(4714, :run_id::bigint::integer)
