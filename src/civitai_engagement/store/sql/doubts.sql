-- suspect --
-- Keep counters that are not believed yet.
insert into suspects (image_id, reason, route, seen, as_of, seen_at)
select s.image_id, s.reason, :route, s.seen, :as_of, :seen_at
from jsonb_to_recordset(:rows) as s (image_id bigint, reason text, seen jsonb)

-- reject --
-- Keep what could not be read.
insert into rejects (subject, reason, raw, seen_at)
select s.subject, s.reason, s.raw, :seen_at
from jsonb_to_recordset(:rows) as s (subject text, reason text, raw text)

-- standing --
-- Give the doubted reads of images that are newer than what is believed of them, oldest first.
select s.image_id, s.route, s.seen, s.as_of
from suspects as s
join image_tracking as t using (image_id)
where s.image_id = any(:ids::bigint[]) and s.as_of > t.as_of
order by s.as_of
