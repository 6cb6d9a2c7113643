-- unnamed --
-- Name versions of models that media name by number only: those never asked for first, then those asked for long ago.
select s.version_id
from (
    select distinct substr(term, 9)::bigint as version_id
    from feature_terms
    where kind in ('checkpoint', 'lora') and term ~ '^version [0-9]{1,10}$'
) as s
left join model_versions as v using (version_id)
where s.version_id between 1 and 2147483647 and (v.looked_at is null or v.looked_at < :before::timestamptz)
order by v.looked_at nulls first, s.version_id
limit :limit::integer

-- keep --
-- Keep how a version is called; where Civitai knows it no more, the name it had stays.
insert into model_versions as m (version_id, model_name, name, type, base_model, looked_at, file, hashes)
values (:version_id, :model_name, :name, :type, :base_model, :now, :file, :hashes)
on conflict (version_id) do update set
    model_name = coalesce(excluded.model_name, m.model_name),
    name = case when excluded.model_name is null then m.name else excluded.name end,
    type = coalesce(excluded.type, m.type),
    base_model = coalesce(excluded.base_model, m.base_model),
    looked_at = excluded.looked_at,
    file = coalesce(excluded.file, m.file),
    hashes = case when excluded.hashes = '{}' then m.hashes else excluded.hashes end
