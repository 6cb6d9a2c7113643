"""Whatever Civitai shows, in whatever order: what is stored was shown, was to be believed, and adds up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, groupby, pairwise
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from civitai_engagement.observing import ReadingContext, observe
from civitai_engagement.records.media import Counters, Media, Reading
from civitai_engagement.records.provenance import Route

if TYPE_CHECKING:
    from tests.house import House

HOUR = timedelta(hours=1)
Values = tuple[int, int]
ids = count(1000, 10)


@dataclass(frozen=True, slots=True)
class Look:
    """One reading: likes and comments of what was listed (None: without counters), how much later, by which route."""

    shown: dict[int, Values | None]
    hours: int
    is_stale: bool
    route: Route


@dataclass(frozen=True, slots=True)
class Stored:
    """One row of the history: hours since the start, what happened, what was stored, and the gains."""

    hour: float
    event: str
    values: Values
    gains: Values


values = st.tuples(st.integers(0, 4), st.integers(0, 2))
looks = st.builds(
    Look,
    shown=st.dictionaries(st.integers(0, 2), st.one_of(values, st.just((0, 0)), st.none()), min_size=1),
    hours=st.sampled_from([1, 1, 4, 9]),
    is_stale=st.sampled_from([False, False, False, True]),
    route=st.sampled_from([Route.POST, Route.POST, Route.IMAGE]),
)


@given(st.lists(looks, min_size=1, max_size=14))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_only_what_was_shown_and_believed_is_stored_times_rise_and_gains_add_up(
    house: "House", seen: list[Look]
) -> None:
    first, begun, now = next(ids), house.clock.now(), 0
    shown: dict[int, list[tuple[float, str, Values]]] = {first + place: [] for place in range(3)}
    for look in seen:
        house.advance(hours=look.hours)
        now += look.hours
        as_of = now - look.hours - 0.5 if look.is_stale else float(now)
        for place, numbers in look.shown.items():
            if numbers is not None:
                shown[first + place].append((as_of, look.route, numbers))
        await keep(house, look, first, as_of - now)
    rows = await house.rows(
        "select image_id, extract(epoch from collected_at - $1)::float / 3600, event, "
        "array[like_count, comment_count], array[like_gain, comment_gain] "
        "from image_stats_history where image_id between $2 and $2 + 2 order by 1, 2",
        begun, first,
    )  # fmt: skip
    for image_id, history in groupby(rows, key=lambda row: row[0]):
        check(shown[image_id], [Stored(row[1], row[2], tuple(row[3]), tuple(row[4])) for row in history])
    for image_id, latest in await house.rows(
        "select image_id, array[like_count, comment_count] from image_tracking "
        "where image_id between $1 and $1 + 2 and like_count is not null",
        first,
    ):
        assert tuple(latest) == [tuple(row[3]) for row in rows if row[0] == image_id][-1]


async def keep(house: "House", look: Look, first: int, offset: float) -> None:
    now = house.clock.now()
    media = tuple(
        Media(
            id=first + place, url=f"https://image.example/{first + place}.jpeg", counters=numbers and counts(*numbers)
        )
        for place, numbers in sorted(look.shown.items())
    )
    reading = Reading(media, as_of=now + offset * HOUR, fetched_at=now)
    async with house.runtime.store.writing() as ledger:
        await ledger.images.lock(one.id for one in media)
        await ledger.images.describe(media, seen_at=now)
        await observe(ledger, reading, house.runtime, ReadingContext(look.route))


def counts(likes: int, comments: int) -> Counters:
    return Counters(like=likes, heart=0, laugh=0, cry=0, dislike=0, comment=comments)


def check(shown: Sequence[tuple[float, str, Values]], history: Sequence[Stored]) -> None:
    """Hold the rows of one media against what was shown of it, by rules written anew."""
    assert all((row.hour, row.values) in {(at, numbers) for at, _, numbers in shown} for row in history)
    assert [row.event for row in history].count("first") == 1
    assert history[0].event == "first"
    for before, after in pairwise(history):
        assert before.hour < after.hour
        assert after.gains == tuple(new - old for old, new in zip(before.values, after.values, strict=True))
        assert any(after.gains) or after.event == "gap"
        falls = min(after.gains) < 0
        assert falls == (after.event in {"fall", "correction"})
        if falls:
            between = [one for one in shown if before.hour < one[0] <= after.hour and is_lower(one[2], before.values)]
            assert len({(at, route) for at, route, _ in between}) >= 2
            if not any(after.values):
                zeros = [one for one in between if not any(one[2])]
                assert len(zeros) >= 3
                assert max(at for at, _, _ in zeros) - min(at for at, _, _ in zeros) >= 8
                assert len({route for _, route, _ in zeros}) == 2


def is_lower(values: Values, than: Values) -> bool:
    return any(new < old for old, new in zip(than, values, strict=True))
