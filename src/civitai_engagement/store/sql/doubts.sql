-- suspect --
-- Keep counters that are not believed yet.
insert into suspects (image_id, reason, seen, as_of, seen_at)
select s.image_id, s.reason, s.seen, :as_of, :seen_at
from jsonb_to_recordset(:rows) as s (image_id bigint, reason text, seen jsonb)

-- reject --
-- Keep what could not be read.
insert into rejects (subject, reason, raw, seen_at)
select s.subject, s.reason, s.raw, :seen_at
from jsonb_to_recordset(:rows) as s (subject text, reason text, raw text)
