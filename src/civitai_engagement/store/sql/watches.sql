-- add --
-- Follow creators (by lower-case name, as written in the label) or posts; names those that were not followed yet.
insert into watches (kind, name, label, created_by, created_at)
select :kind, s.name, s.label, :created_by, :now
from unnest(:names::text[], :labels::text[]) as s (name, label)
order by s.name
on conflict do nothing
returning name

-- remove --
-- Stop following; names those that were followed.
delete from watches where kind = :kind and name = any(:names::text[])
returning name

-- recorded --
-- Name those posts that are recorded.
select post_id::text as name from posts where post_id = any(:posts::bigint[])

-- media --
-- Name the media of posts and creators that are tracked.
select i.id
from images as i
join image_tracking as t on t.image_id = i.id
where i.post_id = any(:posts::bigint[]) or lower(i.username) = any(
    :creators::text[] || array(select lower(renamed_to) from creators where name = any(:creators::text[]))
)
order by i.id

-- raise --
-- Look at media that were only sampled as often as at watched or recorded ones, and at once.
update image_tracking set source = :source, next_due_at = :now
where image_id = any(:ids::bigint[]) and source = 'sampled'

-- lower --
-- Look at media that are neither recorded nor watched any more as seldom as at strangers'; counts those that stay.
-- They were not found by their success.
with lowered as (
    update image_tracking as t set
        source = 'sampled',
        found_by = case when t.source = 'sampled' or t.found_by = 'newest' then t.found_by else 'followed' end
    from images as i
    where t.image_id = any(:ids::bigint[]) and i.id = t.image_id
        and not exists (select from assets as a where a.image_id = i.id)
        and not exists (select from posts as p where p.post_id = i.post_id)
        and not exists (
            select from watches as w
            left join creators as c on c.name = w.name
            where (w.kind = 'post' and w.name = i.post_id::text)
                or (w.kind = 'creator' and lower(i.username) in (w.name, lower(c.renamed_to)))
        )
    returning t.image_id
)
select cardinality(:ids::bigint[]) - count(*) from lowered

-- page --
-- List what is followed, newest first, with what is known of its media.
with page as (
    select *, count(*) over () as total
    from watches
    order by created_at desc, kind, name
    limit :limit offset :offset
),
media as (
    select p.kind, p.name, i.id, i.post_id
    from page as p
    join images as i on i.post_id = case when p.kind = 'post' then p.name::bigint end
    where p.kind = 'post'
    union all
    select p.kind, p.name, i.id, i.post_id
    from page as p
    join images as i on lower(i.username) = p.name
    where p.kind = 'creator'
    union
    select p.kind, p.name, i.id, i.post_id
    from page as p
    join creators as c on c.name = p.name
    join images as i on lower(i.username) = lower(c.renamed_to)
    where p.kind = 'creator'
),
followed as (
    select
        m.kind, m.name, count(*) as media, count(distinct m.post_id) as posts,
        count(*) filter (where t.state = 'missing') as missing, max(t.last_observed_at) as last_observed_at
    from media as m
    join image_tracking as t on t.image_id = m.id
    group by m.kind, m.name
)
select
    p.kind, p.name, coalesce(p.label, p.name) as label, p.created_by, p.created_at, p.total,
    coalesce(f.media, 0) as media, coalesce(f.posts, 0) as posts, coalesce(f.missing, 0) as missing,
    f.last_observed_at, coalesce(n.listed, c.listed) as listed, c.renamed_to,
    case when p.kind = 'post' then p.looked_at else c.listed_at end as looked_at,
    r.post_id is not null as is_recorded
from page as p
left join followed as f using (kind, name)
left join creators as c on p.kind = 'creator' and c.name = p.name
left join creators as n on n.name = lower(c.renamed_to)
left join posts as r on p.kind = 'post' and r.post_id = case when p.kind = 'post' then p.name::bigint end
order by p.created_at desc, p.kind, p.name

-- not_listed --
-- Name what is watched and was looked for, of which Civitai lists nothing.
select w.kind, coalesce(w.label, w.name) as label, c.renamed_to
from watches as w
left join creators as c on w.kind = 'creator' and c.name = w.name
where case
    when w.kind = 'creator' then c.listed is null and (c.listed_at is not null or c.renamed_to is not null)
    else w.looked_at is not null
        and not exists (select from images as i where i.post_id = case when w.kind = 'post' then w.name::bigint end)
end
order by w.kind, w.name
limit :limit

-- look --
-- Note that Civitai was asked for a watched post.
update watches set looked_at = :now where kind = 'post' and name = :name

-- count --
-- Count what is followed.
select count(*) from watches

-- follows_creator --
-- Say whether a creator is followed, by their name in lower case.
select exists (select from watches where kind = 'creator' and name = :name)

-- listed_before --
-- Say how many media Civitai listed of those creators (lower case) of whom it listed any when last asked for all.
select c.name, c.listed from creators as c where c.name = any(:creators::text[]) and c.listed > 0

-- known --
-- Sum up what is stored of the media of posts and creators, by the names they are followed by.
select
    n.name, count(distinct i.post_id)::integer as posts, count(*)::integer as media,
    count(t.like_count)::integer as known, min(t.next_due_at) as due_at,
    coalesce(sum(t.like_count + t.heart_count + t.laugh_count + t.cry_count + t.comment_count), 0)::bigint as total
from unnest(:names::text[]) as n (name)
join images as i
    on case when :by_post::boolean then i.post_id = any(:posts::bigint[]) and i.post_id::text = n.name
    else lower(i.username) = n.name end
join image_tracking as t on t.image_id = i.id
group by n.name

-- standing --
-- Say since when a creator (lower case) or a post is followed, and when Civitai was asked for it last, with how many
-- media it listed.
select w.created_at, coalesce(c.listed_at, w.looked_at) as looked_at, c.listed
from watches as w
left join creators as c on w.kind = 'creator' and c.name = w.name
where w.kind = :kind and w.name = :name
