-- in_force --
-- Tell what starts the jobs, who said so, and when a run was last begun.
select engine, said_by, since, (select max(started_at) from runs) as claimed_at from chosen_engine

-- choose --
-- Put an engine in force.
insert into chosen_engine as c (engine, said_by, since)
values (:engine, :by, :now)
on conflict (is_only) do update set engine = excluded.engine, said_by = excluded.said_by, since = excluded.since
where c.engine <> excluded.engine
