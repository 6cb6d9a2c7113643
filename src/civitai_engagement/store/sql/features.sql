-- outdated --
-- Name media whose features are to be read off: those that were looked at since they passed the next age; then those of
-- which something changed, the newest first; then those read off by older rules.
(
    select f.image_id
    from image_features as f
    join image_tracking as t on t.image_id = f.image_id
    where f.due_at <= :now::timestamptz and f.due_at <= t.as_of and f.rules = :rules::smallint
    order by f.due_at
    limit :limit::integer
)
union all
(select image_id from image_features where rules < :rules order by rules, image_id desc limit :limit)
limit :limit

-- left --
-- Count the media whose features are to be read off because something changed.
select count(*) from image_features where rules < :rules

-- outdate --
-- Let the features of images be read off anew.
update image_features set rules = 0 where image_id = any(:ids::bigint[]) and rules <> 0

-- outdate_all --
-- Let all features be read off anew.
update image_features set rules = 0 where rules <> 0

-- made --
-- Give what is known of how images were made.
select
    i.id as image_id, i.published_at, i.width, i.height, i.base_model, t.as_of, g.image_id is not null as is_told,
    g.prompt, g.negative_prompt, g.steps, g.cfg_scale, g.sampler, g.scheduler, g.seed, g.clip_skip, g.denoise,
    g.model_name, g.additional_params as additional, r.resources
from images as i
left join image_tracking as t on t.image_id = i.id
left join generation_parameters as g on g.image_id = i.id
left join lateral (
    select
        jsonb_agg(
            jsonb_build_object(
                'source', source, 'version_id', version_id, 'type', type, 'name', name, 'weight', weight, 'hash', hash
            )
            order by position
        ) as resources
    from image_resources as one
    where one.image_id = g.image_id
) as r on true
where i.id = any(:ids::bigint[])
order by i.id

-- counted --
-- Give what images had from when on, without the unobserved.
select
    image_id, collected_at, previous_observed_at, like_count + heart_count + laugh_count + cry_count as reactions,
    comment_count as comments
from image_stats_history
where image_id = any(:ids::bigint[]) and event <> 'missing'
order by image_id, collected_at

-- add_terms --
-- Keep the names that are not there yet.
insert into feature_terms (kind, term)
select distinct s.kind, s.term
from unnest(:kinds::text[], :terms::text[]) as s (kind, term)
where not exists (select from feature_terms as t where t.kind = s.kind and t.term = s.term)
order by 1, 2
on conflict do nothing

-- keep --
-- Keep the features of images.
insert into image_features (
    image_id, rules, built_at, due_at, has_parameters, steps, cfg, sampler, scheduler, clip_skip, denoise, is_hires,
    is_seed_odd, prompt_words, negative_words, megapixels, shape, base_family, checkpoint, loras, lora_weight,
    at_1h, at_2h, at_4h, at_6h, at_8h, at_12h, at_16h, at_24h, at_36h, at_48h, at_72h, at_4d, at_7d, at_10d, at_14d,
    at_20d, at_30d, at_40d, comments_72h
)
select
    s.image_id, :rules::smallint, :now::timestamptz, s.due_at, s.has_parameters, s.steps, s.cfg,
    (select term_id from feature_terms where kind = 'sampler' and term = s.sampler),
    (select term_id from feature_terms where kind = 'scheduler' and term = s.scheduler),
    s.clip_skip, s.denoise, s.is_hires, s.is_seed_odd, s.prompt_words, s.negative_words, s.megapixels, s.shape,
    (select term_id from feature_terms where kind = 'base_family' and term = s.base_family),
    (select term_id from feature_terms where kind = 'checkpoint' and term = s.checkpoint),
    case when s.loras is not null then array(
        select t.term_id
        from unnest(s.loras) with ordinality as l (name, place)
        join feature_terms as t on t.kind = 'lora' and t.term = l.name
        order by l.place
    ) end,
    s.lora_weight, s.at_1h, s.at_2h, s.at_4h, s.at_6h, s.at_8h, s.at_12h, s.at_16h, s.at_24h, s.at_36h, s.at_48h,
    s.at_72h, s.at_4d, s.at_7d, s.at_10d, s.at_14d, s.at_20d, s.at_30d, s.at_40d, s.comments_72h
from jsonb_to_recordset(:rows) as s (
    image_id bigint, due_at timestamptz, has_parameters boolean, steps integer, cfg double precision, sampler text,
    scheduler text, clip_skip integer, denoise double precision, is_hires boolean, is_seed_odd boolean,
    prompt_words integer, negative_words integer, megapixels double precision, shape text, base_family text,
    checkpoint text, loras text[], lora_weight double precision, at_1h real, at_2h real, at_4h real, at_6h real,
    at_8h real, at_12h real, at_16h real, at_24h real, at_36h real, at_48h real, at_72h real, at_4d real, at_7d real,
    at_10d real, at_14d real, at_20d real, at_30d real, at_40d real, comments_72h real
)
order by s.image_id
on conflict (image_id) do update set
    rules = excluded.rules, built_at = excluded.built_at, due_at = excluded.due_at,
    has_parameters = excluded.has_parameters, steps = excluded.steps, cfg = excluded.cfg, sampler = excluded.sampler,
    scheduler = excluded.scheduler, clip_skip = excluded.clip_skip, denoise = excluded.denoise,
    is_hires = excluded.is_hires, is_seed_odd = excluded.is_seed_odd, prompt_words = excluded.prompt_words,
    negative_words = excluded.negative_words, megapixels = excluded.megapixels, shape = excluded.shape,
    base_family = excluded.base_family, checkpoint = excluded.checkpoint, loras = excluded.loras,
    lora_weight = excluded.lora_weight, at_1h = excluded.at_1h, at_2h = excluded.at_2h, at_4h = excluded.at_4h,
    at_6h = excluded.at_6h, at_8h = excluded.at_8h, at_12h = excluded.at_12h, at_16h = excluded.at_16h,
    at_24h = excluded.at_24h, at_36h = excluded.at_36h, at_48h = excluded.at_48h, at_72h = excluded.at_72h,
    at_4d = excluded.at_4d, at_7d = excluded.at_7d, at_10d = excluded.at_10d, at_14d = excluded.at_14d,
    at_20d = excluded.at_20d, at_30d = excluded.at_30d, at_40d = excluded.at_40d, comments_72h = excluded.comments_72h

-- scope --
-- Give media of a scope as they were made, the newest first, each with its place among all that is known of its post.
-- Those found by their success are left out: among them everything seems to matter less than it does.
with candidates as materialized (
    select
        i.id, i.post_id, i.username, i.published_at, i.type, i.browsing_level, i.base_model, t.as_of,
        t.like_count + t.heart_count + t.laugh_count + t.cry_count as latest
    from images as i
    join image_tracking as t on t.image_id = i.id
    where i.published_at is not null and i.username is not null
        and (t.source <> 'sampled' or t.found_by in ('followed', 'newest')) /* conditions */
    order by i.published_at desc, i.id desc
    limit :studied::integer
),
wanted as materialized (
    select c.*, f.*
    from candidates as c
    join image_features as f on f.image_id = c.id
    where f.built_at is not null
        and (:media_type::text is null or c.type = :media_type)
        and (:base_model::text is null or lower(c.base_model) = lower(:base_model) or f.base_family = any(array(
            select term_id from feature_terms where kind = 'base_family' and lower(term) = lower(:base_model)
        )))
    order by c.published_at desc, c.id desc
    limit :limit::integer
),
placed as materialized (
    select
        i.id, row_number() over (partition by i.post_id order by i.id) as place,
        count(*) over (partition by i.post_id) as post_size
    from images as i
    where i.post_id = any(array(select distinct post_id from wanted))
)
select
    w.id, coalesce(w.post_id, -w.id) as post_id, w.username, w.published_at, w.type, w.browsing_level,
    coalesce(p.place, 1)::integer as place, coalesce(p.post_size, 1)::integer as post_size,
    w.has_parameters, w.steps, w.cfg, w.sampler, w.scheduler, w.clip_skip, w.denoise, w.is_hires, w.is_seed_odd,
    w.prompt_words, w.negative_words, w.megapixels, w.shape, w.base_family, w.checkpoint, w.loras, w.lora_weight,
    w.at_1h, w.at_2h, w.at_4h, w.at_6h, w.at_8h, w.at_12h, w.at_16h, w.at_24h, w.at_36h, w.at_48h, w.at_72h, w.at_4d,
    w.at_7d, w.at_10d, w.at_14d, w.at_20d, w.at_30d, w.at_40d, w.latest, w.as_of
from wanted as w
left join placed as p on p.id = w.id
order by w.published_at desc, w.id desc

-- size --
-- Count the media of a scope, up to a number.
select count(*)
from (
    select
    from (
        select i.id, i.type, i.base_model
        from images as i
        join image_tracking as t on t.image_id = i.id
        where i.published_at is not null and i.username is not null
            and (t.source <> 'sampled' or t.found_by in ('followed', 'newest')) /* conditions */
        order by i.published_at desc, i.id desc
        limit :studied::integer
    ) as c
    join image_features as f on f.image_id = c.id
    where f.built_at is not null
        and (:media_type::text is null or c.type = :media_type)
        and (:base_model::text is null or lower(c.base_model) = lower(:base_model) or f.base_family = any(array(
            select term_id from feature_terms where kind = 'base_family' and lower(term) = lower(:base_model)
        )))
    limit :limit::integer
) as counted

-- coverage --
-- Count the media of a scope, those that count, and why others do not.
with candidates as materialized (
    select
        i.id, i.post_id, i.username, i.type, i.base_model, t.as_of, t.source, t.found_by
    from images as i
    join image_tracking as t on t.image_id = i.id
    where i.published_at is not null and i.username is not null /* conditions */
    order by i.published_at desc, i.id desc
    limit :studied::integer
),
judged as (
    select
        c.*, f.has_parameters, f.built_at is not null as is_read,
        c.source <> 'sampled' or coalesce(c.found_by in ('followed', 'newest'), false) as is_fair
    from candidates as c
    join image_features as f on f.image_id = c.id
    where (:media_type::text is null or c.type = :media_type)
        and (:base_model::text is null or lower(c.base_model) = lower(:base_model) or f.base_family = any(array(
            select term_id from feature_terms where kind = 'base_family' and lower(term) = lower(:base_model)
        )))
)
select
    count(*) as media,
    count(*) filter (where is_fair and is_read) as counted,
    count(distinct coalesce(post_id, -id)) filter (where is_fair and is_read) as posts,
    count(distinct lower(username)) filter (where is_fair and is_read) as creators,
    count(*) filter (where is_fair and is_read and not has_parameters) as without_parameters,
    count(*) filter (where not is_fair and found_by = 'success') as by_success,
    count(*) filter (where not is_fair and found_by is null) as unknown,
    count(*) filter (where is_fair and not is_read) as unread,
    min(as_of) filter (where is_fair and is_read) as as_of
from judged

-- terms --
-- Spell terms out: models by the name Civitai has for the version that they are, by number, by hash or by file, where
-- that is one and no other.
with known as materialized (
    select
        k.kind, v.version_id, v.file, v.hashes, left(concat_ws(' ', v.model_name, '(' || v.name || ')'), 200) as called,
        coalesce((lower(v.type) = 'checkpoint') = (k.kind = 'checkpoint'), true) as fits
    from model_versions as v
    cross join unnest(array['checkpoint', 'lora']) as k (kind)
    where v.model_name is not null
),
identities as materialized (
    select kind, 'version ' || version_id as identity, called from known
    union
    select kind, 'file ' || lower(file), called from known where fits and file is not null
    union
    select k.kind, 'hash ' || left(h.hash, 10), k.called
    from known as k
    cross join unnest(k.hashes) as h (hash)
    where k.fits
),
names as materialized (
    select kind, identity, min(called) as called
    from identities
    group by kind, identity
    having count(*) = 1
)
select t.term_id, coalesce(n.called, t.term) as term
from feature_terms as t
left join names as n
    on n.kind = t.kind
    and n.identity = case
        when t.term ~ '^version [0-9]{1,10}$' then t.term
        when t.term ~ '^hash [0-9a-f]{8,64}$' then left(t.term, 15)
        else 'file ' || lower(t.term)
    end
where t.term_id = any(:ids::integer[])

-- prompts --
-- Give the prompts of images that have any.
select image_id, prompt, negative_prompt
from generation_parameters
where image_id = any(:ids::bigint[]) and (prompt is not null or negative_prompt is not null)

-- counters --
-- Sum up by creator the counters of the media that count where causes are asked for.
select
    lower(i.username) as creator, sum(t.like_count)::bigint as like, sum(t.heart_count)::bigint as heart,
    sum(t.laugh_count)::bigint as laugh, sum(t.cry_count)::bigint as cry, sum(t.comment_count)::bigint as comment
from images as i
join image_tracking as t on t.image_id = i.id
where lower(i.username) = any(:creators::text[]) and t.like_count is not null and i.published_at is not null
    and (t.source <> 'sampled' or t.found_by in ('followed', 'newest'))
group by lower(i.username)
