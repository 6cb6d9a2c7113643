-- suspect --
-- Keep counters that are not believed yet.
insert into suspects (image_id, reason, route, seen, as_of, seen_at, run_id)
select s.image_id, s.reason, :route, s.seen, :as_of::timestamptz, :seen_at, :run_id
from jsonb_to_recordset(:rows) as s (image_id bigint, reason text, seen jsonb)
where not exists (
    select from suspects as o where o.image_id = s.image_id and o.as_of = :as_of and o.route = :route
)

-- reject --
-- Keep what could not be read.
insert into rejects (subject, reason, raw, seen_at)
select s.subject, s.reason, s.raw, :seen_at
from jsonb_to_recordset(:rows) as s (subject text, reason text, raw text)

-- standing --
-- Give the doubted reads of images that are newer than what is believed of them, oldest first.
select s.image_id, s.route, s.seen, s.as_of, coalesce(r.compared, 0) as compared, coalesce(r.fell, 0) as fell
from suspects as s
join image_tracking as t using (image_id)
left join runs as r using (run_id)
where s.image_id = any(:ids::bigint[]) and s.as_of > t.as_of
order by s.as_of

-- stubborn --
-- Name the images whose doubted reads are two or more, began before an instant, and all came by one route.
select s.image_id, i.post_id, min(s.route) as route
from suspects as s
join image_tracking as t using (image_id)
join images as i on i.id = s.image_id
where s.as_of > t.as_of and t.state <> 'missing'
group by s.image_id, i.post_id
having count(distinct s.as_of) >= 2 and count(distinct s.route) = 1 and min(s.as_of) <= :before
order by s.image_id
