-- tables --
-- Describe our tables in a schema: the columns that are kept, whom each refers to, and the column that counts itself.
select
    c.relname as name,
    array_agg(a.attname order by a.attnum) as columns,
    coalesce((
        select array_agg(distinct f.confrelid::regclass::text)
        from pg_constraint as f
        where f.conrelid = c.oid and f.contype = 'f' and f.conparentid = 0
    ), '{}') as needs,
    min(a.attname) filter (where a.attidentity <> '' or pg_get_serial_sequence(quote_ident(c.relname), a.attname) is not null)
        as counter
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
where n.nspname = :schema and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> :versions
group by c.oid, c.relname
order by c.relname

-- partitions --
-- Name the partitions of our tables with their bounds.
select c.relname as name, p.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bound
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_inherits as i on i.inhrelid = c.oid
join pg_class as p on p.oid = i.inhparent
where n.nspname = :schema and c.relkind = 'r' and c.relispartition
order by c.relname

-- rows --
-- Say whether anything of ours is kept: followed, recorded or observed.
select exists (select from images) or exists (select from watches) or exists (select from posts)

-- functions --
-- Spell our functions in a schema as they can be dropped, and say which are triggers.
select p.oid::regprocedure::text as signature, p.prorettype = 'trigger'::regtype as is_trigger
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
where n.nspname = :schema and p.proname = any (:names::text[])
order by signature
