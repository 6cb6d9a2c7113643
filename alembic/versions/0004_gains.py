"""Gains of all media of a page in one walk through the history; free text always by its indexes."""

from alembic import op

revision = "0004"
down_revision = "0003"

TRACKED = """
    t.image_id, t.cry_count, t.laugh_count, t.like_count, t.dislike_count, t.heart_count, t.comment_count,
    t.unconfirmed, t.as_of, t.last_observed_at, t.next_due_at, t.state, t.misses, t.source
"""

# A gain is unknown (null) while the first observation of the image lies inside its window, or where a change seen in it
# may have come long before it: an hour of the window's twenty-four does not matter, a week in one row does.
# Each instant is computed once a media: taking days off a time costs more than finding the row.
GAINS = """
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

ENGAGEMENT = f"""
create view engagement as
select {TRACKED}, g.gain_24h, g.gain_7d
from image_tracking as t
left join lateral gains(array[t.image_id]) as g on true
"""  # noqa: S608 # our own words

ONE_BY_ONE = f"""
create view engagement as
select {TRACKED}, gained.gain_24h, gained.gain_7d
from image_tracking as t
left join lateral (
    select
        case
            when bool_or(h.previous_observed_at is null or h.previous_observed_at < t.as_of - interval '8 days')
            then null
            else coalesce(sum(h.gain), 0)
        end as gain_7d,
        case
            when bool_or(h.previous_observed_at is null or h.previous_observed_at < t.as_of - interval '28 hours')
                filter (where h.collected_at > t.as_of - interval '24 hours')
            then null
            else coalesce(sum(h.gain) filter (where h.collected_at > t.as_of - interval '24 hours'), 0)
        end as gain_24h
    from (
        select collected_at, previous_observed_at, like_gain + heart_gain + laugh_gain + cry_gain + comment_gain as gain
        from image_stats_history
        where image_id = t.image_id and collected_at > t.as_of - interval '7 days'
    ) as h
) as gained on t.like_count is not null
"""  # noqa: S608 # our own words

# A word that stands in every prompt is looked up in its index too. Reading all prompts and cutting them into words
# takes seven times as long, which the planner does not see.
BY_INDEX = "alter function mentioning set enable_seqscan = off set enable_indexscan = off"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop view engagement")
    op.execute(GAINS)
    op.execute(ENGAGEMENT)
    op.execute(BY_INDEX)


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop view engagement")
    op.execute("drop function gains")
    op.execute(ONE_BY_ONE)
    op.execute("alter function mentioning reset all")
