-- reserve --
-- Take the next turn, now or later, and say how many seconds it is away. A turn implausibly far off is forgotten: a
-- clock has jumped.
insert into api_budget as b (lane, next_at)
values (:lane, clock_timestamp() + make_interval(secs => :seconds::double precision))
on conflict (lane) do update set next_at = case
    when b.next_at > clock_timestamp() + interval '10 minutes' then clock_timestamp()
    else greatest(b.next_at, clock_timestamp())
end + make_interval(secs => :seconds::double precision)
returning extract(epoch from next_at - make_interval(secs => :seconds::double precision) - clock_timestamp())

-- take --
-- Take a turn if one is free now (0), else say how many seconds to wait before asking again.
with taken as (
    insert into api_budget as b (lane, next_at)
    values (:lane, clock_timestamp() + make_interval(secs => :seconds::double precision))
    on conflict (lane) do update set next_at = excluded.next_at
    where b.next_at <= clock_timestamp() or b.next_at > clock_timestamp() + interval '10 minutes'
    returning 0.0 as wait
)
select coalesce(
    (select wait from taken),
    (select greatest(extract(epoch from next_at - clock_timestamp()), 0.001) from api_budget where lane = :lane),
    0.001
)
