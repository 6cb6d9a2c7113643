-- upsert --
-- Write what images are; nothing known is overwritten by nothing, and unchanged rows are not touched. Where media of a
-- watched creator bear another name than before, that is followed from now on: nobody gives their media to others.
-- The date of publication moves only where the feed says an earlier one than when the image was first seen: its later
-- dates are those of publishing or scanning again.
with described as (
    select *
    from jsonb_to_recordset(:rows) as s (
        id bigint, post_id bigint, username text, url text, type text, width integer, height integer, hash text,
        nsfw boolean, nsfw_level text, browsing_level integer, base_model text, model_version_ids bigint[],
        created_at timestamptz
    )
),
renamed as (
    insert into creators (name, username, renamed_to)
    select distinct on (w.name)
        w.name, i.username, case when lower(s.username) <> w.name then s.username end
    from described as s
    join images as i on i.id = s.id
    join watches as w on w.kind = 'creator'
    left join creators as c on c.name = w.name
    where lower(i.username) = coalesce(lower(c.renamed_to), w.name) and lower(s.username) <> lower(i.username)
    order by w.name, s.id desc
    on conflict (name) do update set renamed_to = excluded.renamed_to, listed = null
)
insert into images as i (
    id, post_id, username, url, type, width, height, hash, nsfw, nsfw_level, browsing_level, base_model,
    model_version_ids, created_at, published_at, first_seen_at, generation_read_at
)
select
    s.id, s.post_id, s.username, s.url, s.type, s.width, s.height, s.hash, s.nsfw, s.nsfw_level, s.browsing_level,
    s.base_model, s.model_version_ids, s.created_at, s.created_at, :seen_at,
    :generation_read_at::timestamptz
from described as s
order by s.id
on conflict (id) do update set
    post_id = coalesce(excluded.post_id, i.post_id),
    username = coalesce(excluded.username, i.username),
    url = coalesce(nullif(excluded.url, ''), i.url),
    type = case when excluded.url = '' then i.type else excluded.type end,
    width = coalesce(excluded.width, i.width),
    height = coalesce(excluded.height, i.height),
    hash = coalesce(excluded.hash, i.hash),
    nsfw = coalesce(excluded.nsfw, i.nsfw),
    nsfw_level = coalesce(excluded.nsfw_level, i.nsfw_level),
    browsing_level = coalesce(excluded.browsing_level, i.browsing_level),
    base_model = coalesce(excluded.base_model, i.base_model),
    model_version_ids = case when excluded.model_version_ids = '{}' then i.model_version_ids
        else excluded.model_version_ids end,
    created_at = coalesce(i.created_at, excluded.created_at),
    published_at = case when excluded.created_at >= i.created_at then coalesce(i.published_at, excluded.published_at)
        else least(i.published_at, excluded.published_at) end,
    generation_read_at = coalesce(i.generation_read_at, excluded.generation_read_at)
where (
    coalesce(nullif(excluded.url, ''), i.url), case when excluded.url = '' then i.type else excluded.type end,
    coalesce(excluded.post_id, i.post_id), coalesce(excluded.username, i.username),
    coalesce(excluded.width, i.width), coalesce(excluded.height, i.height), coalesce(excluded.hash, i.hash),
    coalesce(excluded.nsfw, i.nsfw), coalesce(excluded.nsfw_level, i.nsfw_level),
    coalesce(excluded.browsing_level, i.browsing_level), coalesce(excluded.base_model, i.base_model),
    coalesce(nullif(excluded.model_version_ids, '{}'), i.model_version_ids),
    coalesce(i.created_at, excluded.created_at),
    case when excluded.created_at >= i.created_at then coalesce(i.published_at, excluded.published_at)
        else least(i.published_at, excluded.published_at) end,
    coalesce(i.generation_read_at, excluded.generation_read_at)
) is distinct from (
    i.url, i.type, i.post_id, i.username, i.width, i.height, i.hash, i.nsfw, i.nsfw_level,
    i.browsing_level, i.base_model, i.model_version_ids, i.created_at, i.published_at,
    i.generation_read_at
)

-- births --
-- Say of images, and of all others of a post, when they were published and first seen.
select id, published_at, first_seen_at from images where post_id = :post_id or id = any(:ids::bigint[])

-- looked_at --
-- Say when a post was last looked at for its own sake, or that of its creator; null where it never was.
select max(t.last_observed_at)
from images as i
join image_tracking as t on t.image_id = i.id
where i.post_id = :post_id and t.source <> 'sampled'

-- date --
-- Set when images were published.
update images as i set published_at = s.published_at
from unnest(:ids::bigint[], :published_at::timestamptz[]) as s (id, published_at)
where i.id = s.id and i.published_at is distinct from s.published_at

-- upsert_parameters --
-- Write how images were made; unchanged rows are not touched.
insert into generation_parameters as p (
    image_id, prompt, negative_prompt, cfg_scale, steps, sampler, scheduler, seed, clip_skip, denoise, width, height,
    model_name, model_hash, additional_params, notes
)
select s.*
from jsonb_to_recordset(:rows) as s (
    image_id bigint, prompt text, negative_prompt text, cfg_scale double precision, steps integer, sampler text,
    scheduler text, seed numeric, clip_skip integer, denoise double precision, width integer, height integer,
    model_name text, model_hash text, additional jsonb, notes text[]
)
order by s.image_id
on conflict (image_id) do update set
    prompt = excluded.prompt,
    negative_prompt = excluded.negative_prompt,
    cfg_scale = excluded.cfg_scale,
    steps = excluded.steps,
    sampler = excluded.sampler,
    scheduler = excluded.scheduler,
    seed = excluded.seed,
    clip_skip = excluded.clip_skip,
    denoise = excluded.denoise,
    width = excluded.width,
    height = excluded.height,
    model_name = excluded.model_name,
    model_hash = excluded.model_hash,
    additional_params = excluded.additional_params,
    notes = excluded.notes
where (p.*) is distinct from (excluded.*)

-- upsert_resources --
-- Write the resources of images, each at its position; unchanged rows are not touched.
insert into image_resources as r (image_id, position, source, version_id, type, name, weight, hash)
select s.*
from jsonb_to_recordset(:rows) as s (
    image_id bigint, position smallint, source text, version_id bigint, type text, name text,
    weight double precision, hash text
)
order by s.image_id, s.position
on conflict (image_id, position) do update set
    source = excluded.source,
    version_id = excluded.version_id,
    type = excluded.type,
    name = excluded.name,
    weight = excluded.weight,
    hash = excluded.hash
where (r.*) is distinct from (excluded.*)

-- trim_resources --
-- Drop the resources past the number each image has now.
delete from image_resources as r
using unnest(:ids::bigint[], :counts::integer[]) as s (image_id, kept)
where r.image_id = s.image_id and r.position >= s.kept

-- known --
-- Give the latest believed counters of images, with their time.
select
    t.image_id, t.like_count, t.heart_count, t.laugh_count, t.cry_count, t.dislike_count, t.comment_count,
    t.as_of, t.unconfirmed
from image_tracking as t
where t.image_id = any(:ids::bigint[])

-- settle --
-- Keep the counters of the images that fell in nothing: they are believed at once. Give of all others what judging
-- takes: age, reason, latest believed counters, standing doubts.
-- Why in SQL what analysis/belief.py says in Python: nineteen media in twenty fell in nothing, and asking for them,
-- judging and writing them would be three trips. The rule and how both are kept equal: docs/decisions/0027.
with seen as (
    select *
    from unnest(
        :ids::text::bigint[], :likes::text::integer[], :hearts::text::integer[], :laughs::text::integer[],
        :cries::text::integer[], :dislikes::text::integer[], :comments::text::integer[]
    ) as s (id, new_like, new_heart, new_laugh, new_cry, new_dislike, new_comment)
),
due_windows as (
    select *
    from unnest(
        :sources::text::text[], :after::text::timestamptz[], :until::text::timestamptz[], :due_at::text::timestamptz[]
    ) as s (source, after, until, due_at)
),
found as (
    select
        f.*,
        -- What is written to the history, in this order: being back says more than having moved, moving more than a gap.
        -- Seen as before and on time is no row at all: the tracking says until when the last row held.
        case
            when not is_settled then null
            when state = 'missing' then 'returned'
            when has_moved then 'change'
            -- The gap rule, as in `observe` below: due every hour at most, so that a late tick alone is no gap.
            when :observed_at > last_observed_at
                + :gap_after::integer * greatest(next_due_at - last_observed_at, interval '1 hour') then 'gap'
        end as happened
    from (
        select
            -- Settled is what `judge` calls believed or unchanged: newer than what is stored, and fallen in nothing.
            -- Dislikes are left out, for Civitai tells them no more: an old one would look like a fall for ever. A page
            -- of zeros alone may be a failed read. `coalesce`: what is unknown, on either side, is not settled.
            coalesce(
                :is_plausible and (select to_regclass(:partition::text) is not null) and t.as_of < :as_of
                    and s.new_like >= t.like_count and s.new_heart >= t.heart_count and s.new_laugh >= t.laugh_count
                    and s.new_cry >= t.cry_count and s.new_comment >= t.comment_count,
                false
            ) as is_settled,
            (t.like_count, t.heart_count, t.laugh_count, t.cry_count, t.dislike_count, t.comment_count)
                is distinct from (
                    s.new_like, s.new_heart, s.new_laugh, s.new_cry, coalesce(s.new_dislike, t.dislike_count),
                    s.new_comment
                ) as has_moved, -- that dislikes are told no more is no move
            i.post_id, s.*, t.source, coalesce(i.published_at, :observed_at) as born_at, t.ctid as place,
            t.like_count, t.heart_count, t.laugh_count, t.cry_count, t.dislike_count, t.comment_count,
            t.as_of, i.published_at, t.unconfirmed, t.state, t.last_observed_at, t.next_due_at
        from seen as s
        left join images as i using (id)
        left join image_tracking as t on t.image_id = s.id
        offset 0 -- worked out once, not in every place that reads it
    ) as f
),
written as (
    insert into image_stats_history (
        image_id, collected_at, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count,
        like_gain, heart_gain, laugh_gain, cry_gain, dislike_gain, comment_gain, previous_observed_at, event
    )
    select
        id, :as_of, new_like, new_heart, new_laugh, new_cry, new_dislike, new_comment,
        new_like - like_count, new_heart - heart_count, new_laugh - laugh_count, new_cry - cry_count,
        new_dislike - dislike_count, new_comment - comment_count, as_of, happened
    from found
    where happened is not null
    order by id
    on conflict do nothing
    returning event
),
tracked as (
    update image_tracking as t set
        like_count = f.new_like,
        heart_count = f.new_heart,
        laugh_count = f.new_laugh,
        cry_count = f.new_cry,
        dislike_count = f.new_dislike,
        comment_count = f.new_comment,
        unconfirmed = false,
        as_of = :as_of,
        last_observed_at = :observed_at,
        next_due_at = s.due_at,
        state = case when t.state = 'missing' then 'returned' else t.state end,
        misses = 0,
        changed_at = case when f.happened <> 'gap' then :as_of else t.changed_at end,
        source = case when t.source = 'sampled' then :source else t.source end
    from found as f
    join due_windows as s
        on s.source = case when f.source = 'sampled' then :source else f.source end and f.born_at > s.after and f.born_at <= s.until
    where f.is_settled and t.ctid = f.place -- the very row that was read: its images are locked, so it is still there
)
select -- one row at least, for the sums; beside it the media that are left to be judged
    (select count(*) from written where event <> 'gap') as changed,
    (select array_agg(distinct post_id) from found where is_settled and has_moved and post_id is not null) as posts,
    rest.*
from (values (true)) as always
left join (
    select
        id, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count, as_of, unconfirmed,
        published_at, source,
        exists (select from suspects as s where s.image_id = found.id and s.as_of > found.as_of) as is_doubted
    from found
    where not is_settled
) as rest on true

-- ages --
-- Say when images were published, and why they are followed.
select i.id, i.published_at, t.source
from images as i
left join image_tracking as t on t.image_id = i.id
where i.id = any(:ids::bigint[])

-- postpone --
-- Set when images are to be looked at again, whatever was said of them.
update image_tracking as t set next_due_at = s.due_at
from (select * from unnest(:ids::bigint[], :due_at::timestamptz[]) as s (image_id, due_at) order by image_id) as s
where t.image_id = s.image_id

-- miss --
-- Count that images were expected and not listed; those already missing are only looked for again later.
update image_tracking as t set
    misses = case when t.state = 'missing' then t.misses else least(t.misses + 1, 100) end,
    next_due_at = s.due_at
from (select * from unnest(:ids::bigint[], :due_at::timestamptz[]) as s (image_id, due_at) order by image_id) as s
where t.image_id = s.image_id

-- vanish --
-- Keep that images are not on Civitai any more: in the history with their last counters, and in the tracking.
with gone as (
    update image_tracking as t set state = 'missing', next_due_at = s.due_at
    from (select * from unnest(:ids::bigint[], :due_at::timestamptz[]) as s (image_id, due_at) order by image_id) as s
    where t.image_id = s.image_id and t.state <> 'missing'
    returning t.*
),
written as (
    insert into image_stats_history (
        image_id, collected_at, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count,
        like_gain, heart_gain, laugh_gain, cry_gain, dislike_gain, comment_gain, previous_observed_at, event
    )
    select
        g.image_id, :as_of, g.like_count, g.heart_count, g.laugh_count, g.cry_count, g.dislike_count, g.comment_count,
        0, 0, 0, 0, 0, 0, g.as_of, 'missing'
    from gone as g
    where g.like_count is not null and g.as_of < :as_of
    order by g.image_id
    on conflict do nothing
)
select count(*) from gone

-- observe --
-- Compare one page of counters with what is tracked, keep the changes in the history and update the tracking.
with seen as (
    select *
    from unnest(
        :ids::text::bigint[], :likes::text::integer[], :hearts::text::integer[], :laughs::text::integer[],
        :cries::text::integer[], :dislikes::text::integer[], :comments::text::integer[], :due_at::text::timestamptz[],
        :unconfirmed::text::boolean[], :events::text::text[]
    ) as s (
        image_id, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count, next_due_at,
        unconfirmed, event
    )
),
fresh as (
    select
        s.*,
        o.ctid as place, o.as_of as previous_as_of,
        o.like_count as old_like, o.heart_count as old_heart, o.laugh_count as old_laugh,
        o.cry_count as old_cry, o.dislike_count as old_dislike, o.comment_count as old_comment,
        case
            when o.like_count is null then 'first'
            when o.state = 'missing' then coalesce(s.event, 'returned')
            when (o.like_count, o.heart_count, o.laugh_count, o.cry_count, o.dislike_count, o.comment_count)
                is distinct from
                (
                    s.like_count, s.heart_count, s.laugh_count, s.cry_count, coalesce(s.dislike_count, o.dislike_count),
                    s.comment_count
                )
                then coalesce(s.event, 'change')
            when :observed_at > o.last_observed_at
                + :gap_after::integer * greatest(o.next_due_at - o.last_observed_at, interval '1 hour') then 'gap'
        end as happened
    from seen as s
    left join image_tracking as o using (image_id)
    where o.as_of is null or o.as_of < :as_of
),
written as (
    insert into image_stats_history (
        image_id, collected_at, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count,
        like_gain, heart_gain, laugh_gain, cry_gain, dislike_gain, comment_gain, previous_observed_at, event,
        unconfirmed
    )
    select
        f.image_id, :as_of, f.like_count, f.heart_count, f.laugh_count, f.cry_count, f.dislike_count, f.comment_count,
        f.like_count - coalesce(f.old_like, f.like_count), f.heart_count - coalesce(f.old_heart, f.heart_count),
        f.laugh_count - coalesce(f.old_laugh, f.laugh_count), f.cry_count - coalesce(f.old_cry, f.cry_count),
        f.dislike_count - coalesce(f.old_dislike, f.dislike_count),
        f.comment_count - coalesce(f.old_comment, f.comment_count),
        f.previous_as_of, f.happened, f.unconfirmed
    from fresh as f
    where f.happened is not null
    order by f.image_id
    on conflict do nothing
    returning event
),
seen_again as (
    update image_tracking as t set
        like_count = f.like_count,
        heart_count = f.heart_count,
        laugh_count = f.laugh_count,
        cry_count = f.cry_count,
        dislike_count = f.dislike_count,
        comment_count = f.comment_count,
        unconfirmed = f.unconfirmed,
        as_of = :as_of,
        last_observed_at = :observed_at,
        next_due_at = f.next_due_at,
        state = case when t.state = 'missing' then 'returned' else t.state end,
        misses = 0,
        changed_at = case when f.happened <> 'gap' then :as_of else t.changed_at end,
        source = case when t.source = 'sampled' then :source else t.source end
    from fresh as f
    where t.ctid = f.place
    returning t.image_id
),
seen_first as (
    insert into image_tracking (
        image_id, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count, unconfirmed,
        as_of, last_observed_at, next_due_at, source, changed_at
    )
    select
        f.image_id, f.like_count, f.heart_count, f.laugh_count, f.cry_count, f.dislike_count, f.comment_count,
        f.unconfirmed, :as_of, :observed_at, f.next_due_at, :source, :as_of
    from fresh as f
    where f.place is null
    order by f.image_id
    on conflict (image_id) do nothing
    returning image_id
),
tracked as (
    select image_id from seen_again union all select image_id from seen_first
)
select
    (select count(*) from written where event <> 'gap') as changed,
    (select count(*) from tracked) as observed,
    cardinality(:ids::text::bigint[]) - (select count(*) from tracked) as stale

-- track --
-- Start tracking images whose counters are not known yet; what is tracked already stays.
insert into image_tracking (image_id, next_due_at, source)
select id, :due_at, :source from unnest(:ids::bigint[]) as id order by id
on conflict (image_id) do nothing

-- of_post --
-- Give the media of one post as last stored, with their latest believed counters.
select
    i.id, i.post_id, i.username, i.url, i.type, i.width, i.height, i.hash, i.nsfw, i.nsfw_level, i.browsing_level,
    i.base_model, i.model_version_ids, i.created_at,
    t.like_count, t.heart_count, t.laugh_count, t.cry_count, t.dislike_count, t.comment_count, t.as_of
from images as i
left join image_tracking as t on t.image_id = i.id
where i.post_id = :post_id
order by i.id
limit 2000

-- partitions --
-- Name those of the history's partitions that are there.
select c.relname as name
from pg_inherits as i
join pg_class as c on c.oid = i.inhrelid
where i.inhparent = 'image_stats_history'::regclass and c.relname = any(:names::text::text[])
