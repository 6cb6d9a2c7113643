-- ours --
-- Say where our tables are, and which table says their version.
select n.nspname as schema, c.relname as versions
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'r' and (
    n.nspname = :own and c.relname = :own_versions
    or c.relname = 'alembic_version'
        and n.nspname = any (current_schemas(false) || '{public}'::name[])
        and to_regclass(quote_ident(n.nspname) || '.image_tracking') is not null
        and to_regclass(quote_ident(n.nspname) || '.image_stats_history') is not null
)
order by c.relname = :own_versions desc, array_position(current_schemas(false), n.nspname)
limit 1

-- here --
-- Say where tables would go as names are looked up here, past what a vendor keeps there, and what we may do.
select
    current_database() as database,
    current_user as role,
    place as schema,
    coalesce(has_schema_privilege(place, 'create'), false) as may_create,
    has_database_privilege(current_database(), 'create') as may_make_schemas,
    current_setting('transaction_read_only')::boolean as is_read_only
from (
    select (
        select name::text
        from unnest(current_schemas(false)) with ordinality as s (name, position)
        where name <> all (:vendors::text[])
        order by position
        limit 1
    ) as place
) as first

-- may_create --
-- Say whether a schema is there, and whether we may make tables in it; null where it is not.
select has_schema_privilege(oid, 'create') from pg_namespace where nspname = :schema

-- strangers --
-- Name some tables of others in a schema, and count all; what belongs to an extension or a vendor's role is none.
select c.relname as name, count(*) over () as of
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = :schema
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not c.relispartition
    and pg_get_userbyid(c.relowner) <> all (:vendors::text[])
    and not exists (
        select from pg_depend as d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
order by c.relkind in ('v', 'm'), c.relname
limit 3

-- namesakes --
-- Name some of what stands in the way of ours in a schema, whoever has it: a table makes a type of its name, an index and a
-- sequence share the names of tables, and a function of ours must be the only one of its name.
select kind || ' ' || name as name, count(*) over () as of
from (
    select 'sequence' as kind, relname as name
    from pg_class
    where relnamespace = to_regnamespace(quote_ident(:schema)) and relkind = 'S'
    union all
    select 'type', typname
    from pg_type
    where typnamespace = to_regnamespace(quote_ident(:schema))
    union all
    select distinct 'function', proname
    from pg_proc
    where pronamespace = to_regnamespace(quote_ident(:schema)) and proname = any (:functions::text[])
) as theirs
where kind = 'function' or name = any (:relations::text[]) or starts_with(name, 'image_stats_history_')
order by name
limit 3

-- older --
-- Find the schema that holds the older server's tables.
select n.nspname as schema
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and c.relname in ('prompts', 'civitai_posts', 'assets', 'asset_stats', 'events')
group by n.nspname
having count(*) = 5
order by n.nspname
limit 1

-- may_write --
-- Say whether we may add, change and delete rows of ours, here and now.
select not current_setting('transaction_read_only')::boolean and coalesce(bool_and(
    has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete')
), true)
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = :schema and c.relkind in ('r', 'p') and c.relname in ('images', 'watches', 'runs')
