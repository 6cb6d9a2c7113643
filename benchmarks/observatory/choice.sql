-- images --
-- Store media, one to nine a post, a thousand a creator.
insert into images (id, post_id, username, url, type, created_at, published_at, first_seen_at)
select
    id, id / 50 * 10 + floor(sqrt(2 * (id % 50))), 'creator' || id / 1000, 'https://image.example/' || id, 'image',
    :now::timestamptz, :now::timestamptz - id % 90 * interval '1 day', :now
from generate_series(1, :images::bigint) as id

-- track --
-- Let all of them be watched, and due.
insert into image_tracking (
    image_id, like_count, heart_count, laugh_count, cry_count, dislike_count, comment_count, as_of, last_observed_at,
    next_due_at, source, changed_at
)
select
    id, 9, 3, 0, 0, 0, 1, :now::timestamptz - interval '4 hours', :now - interval '4 hours', :now, 'watched',
    published_at
from images

-- creators --
-- Know how many media each creator has.
insert into creators (name, username, listed, listed_at)
select lower(username), username, count(*), :now::timestamptz from images group by username
