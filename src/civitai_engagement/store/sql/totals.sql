-- totals --
-- Count what is stored.
select
    (select count(*) from posts) as posts,
    (select count(*) from assets) as assets,
    (select count(*) from image_tracking) as tracked,
    (select count(*) from image_stats_history) as history_rows,
    (select max(last_observed_at) from image_tracking) as last_observed_at,
    (select count(*) from suspects) as suspects,
    (select count(*) from rejects) as rejects,
    pg_database_size(current_database()) as database_bytes
