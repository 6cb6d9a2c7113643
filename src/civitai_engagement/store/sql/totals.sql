-- totals --
-- Count what is stored and small; what is followed is counted with what is late of it, the history by its size.
select
    (select count(*) from posts) as posts,
    (select count(*) from assets) as assets,
    (select count(*) from suspects) as suspects,
    (select count(*) from rejects) as rejects
