-- get --
-- Give what was found last.
select * from findings where question = :question and scope = :scope and hours = :hours

-- keep --
-- Keep what was found, instead of what was found before.
insert into findings (question, scope, hours, made_at, media, creators, rows, seconds)
values (:question, :scope, :hours, :made_at, :media, :creators, :rows, :seconds)
on conflict (question, scope, hours) do update set
    made_at = excluded.made_at, media = excluded.media, creators = excluded.creators, rows = excluded.rows,
    seconds = excluded.seconds

-- forget --
-- Drop what was found before an instant.
delete from findings where made_at < :before
