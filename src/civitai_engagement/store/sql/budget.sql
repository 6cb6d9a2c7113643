-- reserve --
-- Take the next turn, now or later; say how many seconds it is away and until when it lasts. At most one is reserved by
-- each process, so a turn far off was set by a clock that has been set back since: it is forgotten.
insert into api_budget as b (lane, next_at)
values (:lane, clock_timestamp() + make_interval(secs => :seconds::double precision))
on conflict (lane) do update set next_at = case
    when b.next_at > clock_timestamp() + make_interval(secs => greatest(15, 3 * :seconds)) then clock_timestamp()
    else greatest(b.next_at, clock_timestamp())
end + make_interval(secs => :seconds::double precision)
returning
    next_at as until,
    extract(epoch from next_at - make_interval(secs => :seconds::double precision) - clock_timestamp()) as wait

-- give_back --
-- Let a reserved turn be free again, unless others stand behind it: their turns are told and stay.
update api_budget set next_at = next_at - make_interval(secs => :seconds::double precision)
where lane = :lane and next_at = :until

-- take --
-- Take a turn if one is free now (0), else say how many seconds to wait before asking again.
with taken as (
    insert into api_budget as b (lane, next_at)
    values (:lane, clock_timestamp() + make_interval(secs => :seconds::double precision))
    on conflict (lane) do update set next_at = excluded.next_at
    where b.next_at <= clock_timestamp()
        or b.next_at > clock_timestamp() + make_interval(secs => greatest(15, 3 * :seconds))
    returning 0.0 as wait
)
select coalesce(
    (select wait from taken),
    (select greatest(extract(epoch from next_at - clock_timestamp()), 0.001) from api_budget where lane = :lane),
    0.001
)
