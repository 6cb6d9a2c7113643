-- see --
-- Keep what is wrong now: a new alarm begins, a standing one is seen again, a recovered one begins anew.
insert into alarms (name, since, seen_at, detail)
select s.name, :now::timestamptz, :now, s.detail
from unnest(:names::text[], :details::text[]) as s (name, detail)
order by s.name
on conflict (name) do update set
    since = case when alarms.recovered_at is null then alarms.since else excluded.since end,
    seen_at = excluded.seen_at,
    detail = excluded.detail,
    recovered_at = null

-- all --
-- Give all alarms there ever were, by name.
select name, since, seen_at, detail, announced_at, recovered_at from alarms order by name

-- announced --
-- Keep that somebody was told of an alarm.
update alarms set announced_at = :now where name = :name

-- recovered --
-- Keep that an alarm is over, and that whoever was told of it knows.
update alarms set recovered_at = :now where name = :name
