"""What is read back of curves: briefs, sums over time, what gained most."""

from datetime import UTC, datetime, timedelta

from civitai_engagement.analysis.curves import Curve
from civitai_engagement.analysis.gains import Gain, gain_between
from civitai_engagement.answers.insight.curves import curve_of
from civitai_engagement.records.curves import Brief, FirstRow, Gained, Of, Rising, Scope, SumRow, SumRows
from civitai_engagement.records.media import Counters, Media, MediaType
from civitai_engagement.records.provenance import Source
from civitai_engagement.store.curves import Curves
from civitai_engagement.store.images import Images, Observation
from civitai_engagement.store.queries import Connection

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BORN = NOON - timedelta(hours=1)
HOUR = timedelta(hours=1)


def counters(like: int, comment: int = 0) -> Counters:
    return Counters(like=like, heart=1, laugh=0, cry=0, dislike=0, comment=comment)


class Ground:
    """Some posts as they would be observed."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.images = Images(connection)
        self.curves = Curves(connection)

    async def describe(self, post_id: int, *ids: int, creator: str = "Ada", born: datetime | None = BORN) -> None:
        kinds = {1: MediaType.VIDEO}
        media = [
            Media(
                id=one,
                url=f"https://image.example/{one}",
                type=kinds.get(one % 10, MediaType.IMAGE),
                post_id=post_id,
                username=creator,
                base_model="SDXL 1.0" if one % 2 else None,
            )
            for one in ids
        ]
        await self.images.describe(media, seen_at=NOON)
        await self.images.date({one: born for one in ids if born is not None})

    async def look(self, hour: float, seen: dict[int, tuple[int, int]], *, source: Source = Source.RECORDED) -> None:
        at = NOON + hour * HOUR
        observed = [Observation(one, counters(*numbers), at + HOUR) for one, numbers in seen.items()]
        await self.images.observe(observed, as_of=at, observed_at=at, source=source)


async def test_a_post_is_summed_up_and_its_media_are_told_apart(connection: Connection) -> None:
    ground = Ground(connection)
    await ground.describe(7, 71, 72, 73)
    await ground.look(0, {71: (5, 2), 72: (3, 0)})
    await ground.look(3, {72: (4, 0)})
    await ground.images.track([73], due_at=NOON, source=Source.RECORDED)
    [brief] = await ground.curves.briefs(Scope(posts=(7,)))
    assert brief == Brief(
        id=7,
        post_id=7,
        username="Ada",
        published_at=BORN,
        types=("image", "video"),
        base_models=("SDXL 1.0",),
        media=3,
        known=2,
        missing=0,
        counters=Counters(like=9, heart=2, laugh=0, cry=0, dislike=0, comment=2),
        as_of=NOON,
        changed_at=NOON + 3 * HOUR,
        source=Source.RECORDED,
        confirmed_at=NOON + 3 * HOUR,
    )
    images = await ground.curves.briefs(Scope(posts=(7,)), of=Of.IMAGES)
    assert [(one.id, one.post_id, one.media, one.known, one.as_of) for one in images] == [
        (73, 7, 1, 0, None),
        (72, 7, 1, 1, NOON + 3 * HOUR),
        (71, 7, 1, 1, NOON),
    ]
    assert [one.id for one in await ground.curves.briefs(Scope(images=(71, 99)), of=Of.IMAGES)] == [71]
    await ground.images.vanish({71: NOON + 90 * HOUR}, as_of=NOON + 4 * HOUR)
    [brief] = await ground.curves.briefs(Scope(posts=(7,)))
    assert (brief.missing, brief.as_of) == (1, NOON + 3 * HOUR)


async def test_a_scope_is_some_posts_a_creator_or_all_that_is_followed_newest_first(connection: Connection) -> None:
    ground = Ground(connection)
    await ground.describe(7, 71)
    await ground.describe(8, 81, creator="ADA", born=BORN + HOUR)
    await ground.describe(9, 91, creator="Bo", born=None)
    await ground.describe(10, 101, creator="Cy", born=BORN - HOUR)
    await ground.look(0, {81: (1, 0), 91: (1, 0)}, source=Source.SAMPLED)
    await ground.look(0, {71: (1, 0)}, source=Source.RECORDED)
    await ground.look(0, {101: (1, 0)}, source=Source.WATCHED)

    async def found(scope: Scope, limit: int = 10) -> list[int]:
        return [one.id for one in await ground.curves.briefs(scope, limit=limit)]

    assert await found(Scope()) == [7, 10]
    assert await found(Scope(), limit=1) == [7]
    assert await found(Scope(published_until=BORN - HOUR)) == [10]
    assert await found(Scope(creator="ada")) == [8, 7]
    assert await found(Scope(creator="ada"), limit=1) == [8]
    assert await found(Scope(posts=(9, 10, 11))) == [10, 9]
    assert await found(Scope(creator="Ada", published_since=BORN + HOUR)) == [8]
    assert await found(Scope(creator="Ada", published_until=BORN)) == [7]


async def test_the_steps_of_a_post_are_sums_in_the_order_of_time(connection: Connection) -> None:
    ground = Ground(connection)
    await ground.describe(7, 71, 72)
    await ground.look(0, {71: (4, 0), 72: (2, 1)})
    await ground.look(1, {71: (4, 0), 72: (2, 1)})
    await ground.look(2, {71: (9, 0), 72: (2, 1)})
    await ground.look(3, {71: (9, 0), 72: (5, 3)})
    await ground.images.vanish({71: NOON + 90 * HOUR}, as_of=NOON + 4 * HOUR)
    steps = await ground.curves.steps([7, 8])
    assert steps == {
        7: SumRows(
            rows=(
                SumRow(NOON, None, 8, 1),
                SumRow(NOON + 2 * HOUR, NOON + HOUR, 13, 1),
                SumRow(NOON + 3 * HOUR, NOON + 2 * HOUR, 16, 3),
            ),
            firsts=(FirstRow(NOON, BORN, 5, 0), FirstRow(NOON, BORN, 3, 1)),
            vanished=1,
        )
    }
    images = await ground.curves.steps([72], of=Of.IMAGES)
    assert images[72].rows == (SumRow(NOON, None, 3, 1), SumRow(NOON + 3 * HOUR, NOON + 2 * HOUR, 6, 3))
    since = await ground.curves.steps([7], since=NOON + 2.5 * HOUR)
    assert since[7].rows == (SumRow(NOON + 2 * HOUR, None, 13, 1), SumRow(NOON + 3 * HOUR, NOON + 2 * HOUR, 16, 3))


async def test_falls_gaps_and_late_comers_are_counted(connection: Connection) -> None:
    ground = Ground(connection)
    await ground.describe(7, 71, 72)
    await ground.look(0, {71: (4, 0)})
    await ground.look(9, {71: (4, 0)})
    at = NOON + 10 * HOUR
    fall = Observation(71, counters(3), at + HOUR, event="fall")
    await ground.images.observe([fall], as_of=at, observed_at=at, source=Source.RECORDED)
    await ground.look(30, {72: (20, 0)})
    steps = (await ground.curves.steps([7]))[7]
    assert (steps.falls, steps.gaps, steps.vanished, steps.joined) == (1, 1, 0, 1)
    assert [row.reactions for row in steps.rows] == [5, 5, 4, 25]
    assert steps.firsts == (FirstRow(NOON, BORN, 5, 0), FirstRow(NOON + 30 * HOUR, BORN, 21, 0))


async def test_a_media_joins_late_by_its_own_age_and_not_by_that_of_the_others(connection: Connection) -> None:
    ground = Ground(connection)
    await ground.describe(7, 71, 72)
    await ground.describe(7, 73, born=NOON + 40 * HOUR)
    await ground.look(22, {71: (4, 0)})
    await ground.look(25, {72: (20, 3)})
    await ground.look(50, {73: (6, 1)})
    steps = (await ground.curves.steps([7]))[7]
    assert [row.reactions for row in steps.rows] == [5, 26, 33]
    third = FirstRow(NOON + 50 * HOUR, NOON + 40 * HOUR, 7, 1)
    assert steps.firsts == (
        FirstRow(NOON + 22 * HOUR, BORN, 5, 0),
        FirstRow(NOON + 25 * HOUR, BORN, 21, 3),
        third,
    )
    assert steps.joined == 1
    alone = await ground.curves.steps([72], of=Of.IMAGES)
    assert (alone[72].joined, len(alone[72].firsts)) == (0, 1)
    since = (await ground.curves.steps([7], since=NOON + 26 * HOUR))[7]
    assert since.firsts == (third,)


async def test_what_gained_most_in_a_window_is_named_and_a_level_is_no_gain(connection: Connection) -> None:
    ground = Ground(connection)
    await ground.describe(7, 71, 72)
    await ground.describe(8, 81)
    await ground.describe(9, 91, born=BORN - 30 * HOUR)
    first = {71: (4, 0), 72: (4, 0), 81: (10, 0), 91: (900, 0)}
    await ground.look(0, first, source=Source.SAMPLED)
    await ground.look(4, {71: (6, 1), 72: (5, 0), 81: (9, 0)}, source=Source.SAMPLED)
    since, until = NOON + HOUR, NOON + 9 * HOUR
    everything = Scope(creator="Ada")
    gained = await ground.curves.gained(everything, since, until, limit=5)
    assert gained == Rising((Gained(7, 4), Gained(8, -1)), 1)
    one = await ground.curves.gained(everything, since, until, of=Of.IMAGES, limit=1)
    assert one == Rising((Gained(71, 3),), 2)  # the number is of all, the limit of what is named
    whole = await ground.curves.gained(everything, BORN, until, limit=5)
    assert whole.most == (Gained(7, 14), Gained(8, 10), Gained(9, 0))
    assert await ground.curves.gained(Scope(), since, until, limit=5) == Rising((), 0)
    await ground.look(5, {72: (5, 0)}, source=Source.WATCHED)
    assert await ground.curves.gained(Scope(), since, until, limit=5) == Rising((Gained(7, 1),), 1)
    old = Scope(creator="Ada", published_until=BORN - HOUR)
    assert [one.id for one in (await ground.curves.gained(old, BORN, until, limit=5)).most] == [9]


async def test_of_all_that_is_followed_some_are_taken_evenly_over_time_the_newest_among_them(
    connection: Connection,
) -> None:
    ground = Ground(connection)
    for post in range(1, 13):
        await ground.describe(post, 10 * post + 2, 10 * post + 3, born=BORN + post * HOUR)
        await ground.look(post, {10 * post + 2: (1, 0), 10 * post + 3: (1, 0)}, source=Source.WATCHED)
    await ground.describe(20, 202, born=BORN + 20 * HOUR)
    await ground.look(20, {202: (1, 0)}, source=Source.SAMPLED)
    assert [one.id for one in await ground.curves.briefs(Scope(), limit=3)] == [12, 8, 4]
    assert [one.id for one in await ground.curves.briefs(Scope(), limit=5)] == [12, 10, 8, 5, 3]
    assert len(await ground.curves.briefs(Scope(), limit=12)) == 12
    images = await ground.curves.briefs(Scope(), of=Of.IMAGES, limit=4)
    assert [one.id for one in images] == [123, 93, 63, 33]
    early = Scope(published_since=BORN + 2 * HOUR, published_until=BORN + 7 * HOUR)
    assert [one.id for one in await ground.curves.briefs(early, limit=2)] == [7, 4]


async def test_media_that_moved_at_once_after_different_silences_are_told_one_after_another(
    connection: Connection,
) -> None:
    ground = Ground(connection)
    await ground.describe(7, 71, 72)
    await ground.look(0, {71: (4, 0), 72: (2, 0)})
    await ground.look(1, {72: (2, 0)})
    await ground.look(2, {71: (9, 0), 72: (5, 0)})
    await ground.look(3, {71: (9, 0), 72: (6, 0)})
    [brief] = await ground.curves.briefs(Scope(posts=(7,)))
    steps = (await ground.curves.steps([7]))[7]
    at = NOON + 2 * HOUR
    assert steps.rows[1:3] == (SumRow(at, NOON, 13, 0), SumRow(at, NOON + HOUR, 16, 0))
    curve = curve_of(brief, steps)
    assert isinstance(curve, Curve)
    gain = gain_between(curve, NOON + HOUR, NOON + 5.5 * HOUR)
    assert isinstance(gain, Gain)
    assert (gain.amount, gain.unplaced, gain.hours) == (4, 5, 1)


async def test_what_gained_most_is_named_by_the_hours_observed_and_by_what_was_out_before(
    connection: Connection,
) -> None:
    ground = Ground(connection)
    await ground.describe(7, 71)
    await ground.describe(8, 81, born=NOON + 5 * HOUR)
    await ground.look(0, {71: (4, 0)})
    await ground.look(6, {71: (20, 0), 81: (9, 0)})
    everything, since, until = Scope(creator="Ada"), NOON + HOUR, NOON + 9 * HOUR
    orders = {
        by: await ground.curves.gained(everything, since, until, by=by, limit=5) for by in ("gain", "per_hour", "age")
    }
    assert [one.id for one in orders["gain"].most] == [7, 8]
    assert [one.id for one in orders["per_hour"].most] == [8, 7]
    assert [one.id for one in orders["age"].most] == [7, 8]
    assert [one.young for one in orders.values()] == [0, 0, 1]
