-- describe --
-- Store plain media: twenty a post, a thousand a creator, one to sixty days old.
insert into images (id, post_id, username, url, type, created_at, published_at, first_seen_at)
select
    id, 1 + (id - 1) / 20, 'creator' || (id - 1) / 1000, 'https://image.example/' || id, 'image',
    :now::timestamptz - (1 + id % 60) * interval '1 day', :now::timestamptz - (1 + id % 60) * interval '1 day', :now
from generate_series(1, :images::bigint) as id

-- plain --
-- Make the table a first design would have: one row for each image and snapshot.
create table plain_history (
    id bigserial primary key,
    image_id bigint not null references images (id),
    collected_at timestamptz not null,
    cry_count integer not null,
    laugh_count integer not null,
    like_count integer not null,
    dislike_count integer not null,
    heart_count integer not null,
    comment_count integer not null
)

-- plain_index --
-- Let a curve be found in it.
create index on plain_history (image_id, collected_at)

-- plain_snapshot --
-- Write one snapshot into it.
insert into plain_history (
    image_id, collected_at, cry_count, laugh_count, like_count, dislike_count, heart_count, comment_count
)
select image_id, :at::timestamptz, cry_count, laugh_count, like_count, dislike_count, heart_count, comment_count
from image_tracking
order by image_id

-- bytes --
-- Say how much of the disk the history, the plain table and the tracking take, indexes and all.
select
    (select sum(pg_total_relation_size(relid)) from pg_partition_tree('image_stats_history'))::bigint as history,
    pg_total_relation_size('plain_history') as plain,
    pg_total_relation_size('image_tracking') as tracking
