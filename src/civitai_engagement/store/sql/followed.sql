-- due --
-- Give what is due and was not observed since the tick, by post; sources in the order of how much they matter.
select
    i.post_id,
    min(lower(i.username)) as creator,
    count(*) filter (where t.is_due)::integer as due,
    count(*)::integer as size,
    max(i.published_at) filter (where t.is_due) as published_at,
    max(t.changed_at) filter (where t.is_due) as changed_at,
    (array['recorded', 'watched', 'sampled'])[min(t.rank) filter (where t.is_due)] as source
from (
    select
        image_id, changed_at,
        case source when 'recorded' then 1 when 'watched' then 2 else 3 end as rank,
        next_due_at <= :now::timestamptz and (last_observed_at is null or last_observed_at < :tick_at::timestamptz)
            as is_due
    from image_tracking
) as t
join images as i on i.id = t.image_id
where i.post_id is not null
group by i.post_id
having count(*) filter (where t.is_due) > 0
order by i.post_id

-- unread_posts --
-- Name the watched posts of which no media is known.
select w.name::bigint as post_id
from watches as w
where w.kind = 'post' and not exists (select from images as i where i.post_id = w.name::bigint)
order by 1

-- of_post --
-- Name the media followed of a post.
select t.image_id
from images as i
join image_tracking as t on t.image_id = i.id
where i.post_id = :post_id

-- of_creator --
-- Name the media followed of a creator.
select t.image_id
from images as i
join image_tracking as t on t.image_id = i.id
where lower(i.username) = :creator

-- seen --
-- Say which of the images are followed, and why.
select image_id, source from image_tracking where image_id = any(:ids::bigint[])

-- found --
-- Keep how sampled media were found.
update image_tracking set found_by = :found_by
where image_id = any(:ids::bigint[]) and source = 'sampled'
    and (found_by is null or found_by = 'success' and :found_by::text = 'newest')

-- orphans --
-- Name the due images of which no post is known.
select t.image_id
from image_tracking as t
join images as i on i.id = t.image_id
where i.post_id is null and t.next_due_at <= :now and (t.last_observed_at is null or t.last_observed_at < :tick_at)
order by t.image_id

-- absent --
-- Name the images not listed so many times running, and not known to be gone.
select image_id from image_tracking where misses >= :misses and state <> 'missing' order by image_id

-- due_in_posts --
-- Name the due images of posts.
select t.image_id
from images as i
join image_tracking as t on t.image_id = i.id
where i.post_id = any(:post_ids::bigint[])
    and t.next_due_at <= :now and (t.last_observed_at is null or t.last_observed_at < :tick_at)
order by t.image_id

-- due_of_posts --
-- Count the due images of posts.
select i.post_id, count(*)::integer as due
from images as i
join image_tracking as t on t.image_id = i.id
where i.post_id = any(:post_ids::bigint[])
    and t.next_due_at <= :now and (t.last_observed_at is null or t.last_observed_at < :tick_at)
group by i.post_id

-- watched_creators --
-- Name the watched creators by the names they have now, with the last time all their media were listed.
select w.name, max(c.listed_at) filter (where c.listed is not null) as listed_at
from (
    select coalesce(lower(c.renamed_to), w.name) as name
    from watches as w
    left join creators as c on c.name = w.name
    where w.kind = 'creator'
) as w
left join creators as c on c.name = w.name
group by w.name
order by w.name

-- former_names --
-- Name the watched creators by names they had.
select w.name
from watches as w
join creators as c on c.name = w.name
where w.kind = 'creator' and c.renamed_to is not null

-- as_written --
-- Give a creator's name as whoever watches it wrote it, else as Civitai spells it.
select coalesce(
    (select label from watches where kind = 'creator' and name = :creator),
    (select min(renamed_to) from creators where lower(renamed_to) = :creator),
    (select min(username) from images where lower(username) = :creator),
    :creator
)

-- watched_posts --
-- Name the watched posts.
select name::bigint as post_id from watches where kind = 'post'

-- listed --
-- Say how many media Civitai lists of each creator it was counted for.
select name, listed from creators where listed is not null

-- count_creator --
-- Keep how many media Civitai lists of a creator; says whether it listed some before.
with former as (select listed is not null or listed_at is null as was_listed from creators where name = :name)
insert into creators (name, username, listed, listed_at)
values (:name, :username, :listed::integer, :now)
on conflict (name) do update set
    username = excluded.username, listed = excluded.listed, listed_at = excluded.listed_at
returning coalesce((select was_listed from former), true)

-- without_generation --
-- Name the posts with recorded or watched media whose parameters were never asked for.
select i.post_id, count(*)::integer as media
from images as i
join image_tracking as t on t.image_id = i.id
where i.generation_read_at is null and t.source <> 'sampled' and t.state <> 'missing' and t.misses = 0
    and i.post_id is not null
group by i.post_id
order by max(i.first_seen_at) desc, i.post_id
limit :limit
