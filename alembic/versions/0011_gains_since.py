"""Gains up to an instant, the same in every answer; what was published inside a window counts from its publication."""

from alembic import op

revision = "0011"
down_revision = "0010"

TRACKED = """
    t.image_id, t.cry_count, t.laugh_count, t.like_count, t.dislike_count, t.heart_count, t.comment_count,
    t.unconfirmed, t.as_of, t.last_observed_at, t.next_due_at, t.state, t.misses, t.source
"""

# The rule of analysis/gains.py for many media in one walk through the history. A gain is unknown (null)
# - where the media was published before the window and first seen inside it, or not looked at in it at all;
# - where a change seen in the window came after a silence, longer than twice the due interval, that reaches back more
#   than a sixth of the window before it.
# What is gone gained nothing more. The first total of what was published in the window is gained in it.
GAINS = """
create function gains(ids bigint[], until timestamptz) returns table (
    image_id bigint, gain_24h bigint, gain_7d bigint, is_since_publication boolean
)
language sql stable as $$
    with edges as materialized (
        select
            until - interval '24 hours' as day_ago, until - interval '28 hours' as day_at_most,
            until - interval '168 hours' as week_ago, until - interval '196 hours' as week_at_most
    ),
    tracked as materialized (
        select
            t.image_id, i.published_at, e.*, t.as_of, t.state = 'missing' as is_gone,
            2 * greatest(t.next_due_at - t.last_observed_at, interval '1 hour') as usual
        from image_tracking as t
        join images as i on i.id = t.image_id
        cross join edges as e
        where t.image_id = any(ids) and t.like_count is not null
    ),
    seen as (
        select
            s.image_id, s.collected_at, s.previous_observed_at,
            s.like_count + s.heart_count + s.laugh_count + s.cry_count + s.comment_count as total,
            s.like_gain + s.heart_gain + s.laugh_gain + s.cry_gain + s.comment_gain as gain
        from image_stats_history as s
        where s.image_id = any(ids) and s.collected_at > (select week_ago from edges) and s.collected_at <= until
    ),
    judged as (
        select
            t.*, h.collected_at, h.previous_observed_at,
            case
                when h.previous_observed_at is not null then h.gain
                when t.published_at < h.collected_at then h.total
                else 0
            end as gain,
            h.previous_observed_at is null and h.image_id is not null as is_first,
            least(t.published_at, h.collected_at) < t.as_of as is_observed_since,
            h.gain <> 0 as has_moved
        from tracked as t
        left join seen as h on h.image_id = t.image_id
    )
    select
        j.image_id,
        case
            when not (j.is_gone or j.as_of >= until - greatest(j.usual, interval '4 hours')) then null
            when bool_or(
                (is_first and (j.published_at >= j.day_ago and is_observed_since) is not true)
                or (has_moved and previous_observed_at < j.day_at_most)
            ) filter (where collected_at > j.day_ago) then null
            else coalesce(sum(gain) filter (where collected_at > j.day_ago), 0)
        end,
        case
            when not (j.is_gone or j.as_of >= until - greatest(j.usual, interval '28 hours')) then null
            when bool_or(
                (is_first and (j.published_at >= j.week_ago and is_observed_since) is not true)
                or (has_moved and previous_observed_at < j.week_at_most)
            ) then null
            else coalesce(sum(gain), 0)
        end,
        coalesce(j.published_at >= j.week_ago, false)
    from judged as j
    group by
        j.image_id, j.is_gone, j.as_of, j.usual, j.day_ago, j.day_at_most, j.week_ago, j.week_at_most, j.published_at
$$
"""

UP_TO_ITS_LAST_LOOK = """
create function gains(ids bigint[]) returns table (image_id bigint, gain_24h bigint, gain_7d bigint)
language sql stable as $$
    with tracked as materialized (
        select
            t.image_id,
            t.as_of - interval '24 hours' as day_ago,
            t.as_of - interval '28 hours' as day_at_most,
            t.as_of - interval '168 hours' as week_ago,
            t.as_of - interval '192 hours' as week_at_most
        from image_tracking as t
        where t.image_id = any(ids) and t.like_count is not null
    )
    select
        t.image_id,
        case
            when bool_or(h.previous_observed_at is null or h.previous_observed_at < t.day_at_most)
                filter (where h.collected_at > t.day_ago)
            then null
            else coalesce(sum(h.gain) filter (where h.collected_at > t.day_ago), 0)
        end,
        case
            when bool_or(h.previous_observed_at is null or h.previous_observed_at < t.week_at_most)
                filter (where h.image_id is not null)
            then null
            else coalesce(sum(h.gain), 0)
        end
    from tracked as t
    left join (
        select
            s.image_id, s.collected_at, s.previous_observed_at,
            s.like_gain + s.heart_gain + s.laugh_gain + s.cry_gain + s.comment_gain as gain
        from image_stats_history as s
        where s.image_id = any(ids) and s.collected_at > (select min(week_ago) from tracked)
    ) as h on h.image_id = t.image_id and h.collected_at > t.week_ago
    group by t.image_id
$$
"""

ENGAGEMENT = """
create view engagement as
select {}, g.gain_24h, g.gain_7d
from image_tracking as t
left join lateral gains({}) as g on true
"""


def _replace(told: str, gains: str, arguments: str) -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop view engagement")
    op.execute(f"drop function {told}")
    op.execute(gains)
    op.execute(ENGAGEMENT.format(TRACKED, arguments))


def upgrade() -> None:
    _replace("gains(bigint[])", GAINS, "array[t.image_id], now()")


def downgrade() -> None:
    _replace("gains(bigint[], timestamptz)", UP_TO_ITS_LAST_LOOK, "array[t.image_id]")
