-- tracks --
-- Give the history of media between two instants, each with the rows just before and just after; media whose counters
-- were never known come once, without.
with subject as (
    select
        i.id, i.published_at, t.as_of as confirmed_at, t.source
    from images as i
    join image_tracking as t on t.image_id = i.id
    where true /* conditions */
    order by i.id desc
    limit :media
)
select s.id, s.published_at, s.confirmed_at, s.source, h.*
from subject as s
left join lateral (
    (
        select * from image_stats_history
        where image_id = s.id and collected_at <= :since
        order by collected_at desc limit 1
    )
    union all
    select * from image_stats_history
    where image_id = s.id and collected_at > :since and collected_at <= :until
    union all
    (
        select * from image_stats_history
        where image_id = s.id and collected_at > :until
        order by collected_at limit 1
    )
) as h on true
order by s.id, h.collected_at
limit :rows

-- snapshot --
-- Name what is committed by now, to tell later what came after.
select pg_current_snapshot()::text

-- older --
-- Give the latest changes of any media before a place in the order, within one slice of time.
select h.*, i.post_id, i.username, i.published_at
from image_stats_history as h
left join images as i on i.id = h.image_id
where h.collected_at > :low and h.collected_at <= :high and (h.collected_at, h.image_id) < (:at, :place::bigint)
    and h.event <> 'gap'
order by h.collected_at desc, h.image_id desc
limit :limit

-- older_of --
-- Give the latest changes of some media before a place in the order.
select h.*, i.post_id, i.username, i.published_at
from images as i
cross join lateral (
    select * from image_stats_history as one
    where one.image_id = i.id and (one.collected_at, one.image_id) < (:at::timestamptz, :place::bigint)
        and one.collected_at <= :at and one.event <> 'gap'
    order by one.collected_at desc
    limit :limit
) as h
where true /* conditions */
order by h.collected_at desc, h.image_id desc
limit :limit

-- looked --
-- Count the media of a subject that are followed, and say when one of them was last looked at.
select count(*)::integer as media, max(t.last_observed_at) as last_at
from image_tracking as t
join images as i on i.id = t.image_id
where true /* conditions */

-- newer --
-- Give the first changes after a place in the order that were committed after a snapshot: a page of Civitai's may be
-- older than one that was kept before it. A snapshot ahead of this database is another's: then all are new.
select h.*, i.post_id, i.username, i.published_at
from image_stats_history as h
left join images as i on i.id = h.image_id
where h.collected_at > :since and (h.collected_at, h.image_id) > (:at::timestamptz, :place::bigint)
    and h.event <> 'gap'
    and (
        pg_snapshot_xmax(:seen::text::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot())
        or not pg_visible_in_snapshot(
            ((pg_snapshot_xmax(:seen::text::pg_snapshot)::text::bigint >> 32 << 32) + h.xmin::text::bigint)::text::xid8,
            :seen::text::pg_snapshot
        )
    ) /* conditions */
order by h.collected_at, h.image_id
limit :limit
