from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civitai_engagement.analysis.belief import FallCount, MediaReading, ReadingVerdict, judge, judge_page
from civitai_engagement.records.media import Counters
from civitai_engagement.records.provenance import Route

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


@dataclass(frozen=True)
class Known:
    counters: Counters
    as_of: datetime = NOON
    unconfirmed: bool = False


def counts(like: int = 0, heart: int = 0, comment: int = 0, dislike: int = 0) -> Counters:
    return Counters(like=like, heart=heart, laugh=0, cry=0, dislike=dislike, comment=comment)


ZEROS = counts()
STORED = Known(counts(10, 5))


def seen(counters: Counters | None, hours: float = 4, route: Route = Route.POST) -> MediaReading:
    return MediaReading(counters, at(hours), route)


@pytest.mark.parametrize(
    ("read", "stored", "verdict"),
    [
        (seen(None), None, ReadingVerdict.UNKNOWN),
        (seen(None), STORED, ReadingVerdict.UNKNOWN),
        (seen(counts(1)), None, ReadingVerdict.BELIEVED),
        (seen(ZEROS), None, ReadingVerdict.UNCONFIRMED),
        (seen(counts(11, 5)), STORED, ReadingVerdict.BELIEVED),
        (seen(counts(10, 5, comment=1)), STORED, ReadingVerdict.BELIEVED),
        (seen(counts(10, 5)), STORED, ReadingVerdict.UNCHANGED),
        (seen(counts(10, 5), hours=0), STORED, ReadingVerdict.UNCHANGED),
        (seen(counts(11, 5), hours=-1), STORED, ReadingVerdict.STALE),
        (seen(ZEROS, hours=-1), STORED, ReadingVerdict.STALE),
        (seen(ZEROS), STORED, ReadingVerdict.UNBELIEVABLE),
        (seen(counts(9, 5)), STORED, ReadingVerdict.SUSPECT_FALL),
        (seen(counts(90, 4)), STORED, ReadingVerdict.SUSPECT_FALL),
        (seen(counts(0, 5)), STORED, ReadingVerdict.SUSPECT_FALL),
        (seen(ZEROS), Known(ZEROS, unconfirmed=True), ReadingVerdict.UNCHANGED),
        (seen(ZEROS, hours=0), Known(ZEROS, unconfirmed=True), ReadingVerdict.UNCONFIRMED),
        (seen(counts(1)), Known(ZEROS, unconfirmed=True), ReadingVerdict.BELIEVED),
        (seen(counts(10)), Known(counts(10, dislike=3)), ReadingVerdict.BELIEVED),
        (seen(ZEROS), Known(counts(dislike=3)), ReadingVerdict.BELIEVED),
    ],
)
def test_one_read_is_judged_against_what_is_stored(
    read: MediaReading, stored: Known | None, verdict: ReadingVerdict
) -> None:
    assert judge(read, stored) is verdict


@pytest.mark.parametrize(
    ("read", "doubts", "verdict"),
    [
        (seen(counts(9, 5), 8), [seen(counts(9, 5), 4)], ReadingVerdict.FALL),
        (seen(counts(8, 5), 8), [seen(counts(9, 5), 4)], ReadingVerdict.FALL),
        (seen(counts(9, 7), 8), [seen(counts(9, 5), 4)], ReadingVerdict.FALL),
        (seen(counts(9, 5), 4.01, Route.IMAGE), [seen(counts(9, 5), 4)], ReadingVerdict.FALL),
        (seen(counts(9, 5), 8), [seen(counts(8, 5), 4)], ReadingVerdict.SUSPECT_FALL),
        (seen(counts(9, 4), 8), [seen(counts(9, 5), 4)], ReadingVerdict.SUSPECT_FALL),
        (seen(counts(9, 5), 8), [seen(counts(9, 5), 8)], ReadingVerdict.SUSPECT_FALL),
        (seen(counts(9, 5), 8), [seen(counts(9, 5), -4)], ReadingVerdict.SUSPECT_FALL),
        (seen(counts(9, 5), 8), [seen(counts(9, 5), 0)], ReadingVerdict.SUSPECT_FALL),
        (seen(counts(10, 0), 8), [seen(ZEROS, 4)], ReadingVerdict.SUSPECT_FALL),
        (seen(counts(9, 5), 8), [seen(None, 4)], ReadingVerdict.SUSPECT_FALL),
        (seen(counts(10, 5), 8), [seen(counts(9, 5), 4)], ReadingVerdict.UNCHANGED),
    ],
)
def test_a_fall_is_believed_once_a_later_read_says_the_same_or_less(
    read: MediaReading, doubts: Sequence[MediaReading], verdict: ReadingVerdict
) -> None:
    assert judge(read, STORED, doubts) is verdict


@pytest.mark.parametrize(
    ("doubts", "is_proof"),
    [
        ([(2, Route.POST), (6, Route.IMAGE)], True),
        ([(6, Route.IMAGE), (2, Route.POST), (7, Route.POST)], True),
        ([(2, Route.POST), (6, Route.POST)], False),
        ([(2, Route.IMAGE)], False),
        ([(3, Route.POST), (6, Route.IMAGE)], False),
        ([(2, Route.IMAGE), (2, Route.POST)], False),
        ([(-2, Route.POST), (6, Route.IMAGE)], False),
        ([(2, Route.IMAGE), (2.1, Route.IMAGE)], False),
    ],
)
@pytest.mark.parametrize(
    ("counters", "weak"), [(ZEROS, ReadingVerdict.UNBELIEVABLE), (counts(4, 5), ReadingVerdict.SUSPECT_FALL)]
)
def test_hard_proof_is_three_reads_over_eight_hours_by_two_routes(
    doubts: list[tuple[float, Route]], is_proof: bool, counters: Counters, weak: ReadingVerdict
) -> None:
    earlier = [seen(counters, hours, route) for hours, route in doubts]
    verdict = judge(seen(counters, 10), STORED, earlier, needs_hard_proof=True)
    assert verdict is (ReadingVerdict.CORRECTION if is_proof else weak)


@pytest.mark.parametrize(
    ("seconds", "route", "verdict"),
    [
        (2, "post", ReadingVerdict.SUSPECT_FALL),
        (449, "post", ReadingVerdict.SUSPECT_FALL),
        (450, "post", ReadingVerdict.FALL),
        (2, "id", ReadingVerdict.FALL),
    ],
)
def test_an_answer_that_civitai_may_have_cached_does_not_confirm_itself(
    seconds: float, route: Route, verdict: ReadingVerdict
) -> None:
    again = seen(counts(4, 5), 4 + seconds / 3600, route)
    assert judge(again, STORED, [seen(counts(4, 5), 4)]) is verdict


def test_a_fall_read_many_times_is_confirmed_by_the_read_that_is_old_enough() -> None:
    often = [seen(counts(4, 5), 4 + minute / 60) for minute in (0, 3, 6)]
    assert judge(seen(counts(4, 5), 4 + 9 / 60), STORED, often) is ReadingVerdict.FALL


def test_a_fall_to_zero_needs_hard_proof_though_nobody_asked_for_it() -> None:
    assert judge(seen(ZEROS, 8), STORED, [seen(ZEROS, 4)]) is ReadingVerdict.UNBELIEVABLE


def test_zeros_prove_no_partial_fall_and_a_partial_fall_proves_no_zeros() -> None:
    zeros = [seen(ZEROS, 1), seen(ZEROS, 5, Route.IMAGE)]
    halves = [seen(counts(4, 5), 1), seen(counts(4, 5), 5, Route.IMAGE)]
    assert judge(seen(counts(4, 5), 10), STORED, zeros) is ReadingVerdict.SUSPECT_FALL
    assert judge(seen(ZEROS, 10), STORED, halves) is ReadingVerdict.UNBELIEVABLE


def test_a_fallen_media_that_grows_again_is_not_frozen_for_ever() -> None:
    doubts = [seen(counts(4, 5), 1), seen(counts(5, 5), 5, Route.IMAGE)]
    assert judge(seen(counts(6, 5), 9), STORED, doubts) is ReadingVerdict.CORRECTION


@pytest.mark.parametrize(
    ("tally", "is_mass"),
    [
        (FallCount(), False),
        (FallCount(4, 4), False),
        (FallCount(5, 5), True),
        (FallCount(250, 5), True),
        (FallCount(251, 5), False),
        (FallCount(1000, 20), True),
    ],
)
def test_a_mass_fall_is_five_media_and_two_percent(tally: FallCount, is_mass: bool) -> None:
    assert tally.is_mass_fall is is_mass


def page_verdicts(page: dict[int, Counters | None], stored: dict[int, Known]) -> list[ReadingVerdict]:
    return list(judge_page(page, stored, as_of=at(4), route=Route.POST).verdicts.values())


def test_each_media_of_a_page_is_judged_alone_while_one_of_them_has_counts() -> None:
    stored = {2: STORED, 3: STORED, 4: STORED, 5: STORED}
    page = {1: ZEROS, 2: ZEROS, 3: counts(11, 5), 4: counts(9, 5), 5: None}
    assert page_verdicts(page, stored) == [
        ReadingVerdict.UNCONFIRMED,
        ReadingVerdict.UNBELIEVABLE,
        ReadingVerdict.BELIEVED,
        ReadingVerdict.SUSPECT_FALL,
        ReadingVerdict.UNKNOWN,
    ]


def test_a_page_of_zeros_is_unbelievable_whole_when_one_media_had_more() -> None:
    stored = {2: Known(ZEROS), 3: STORED}
    assert page_verdicts({1: ZEROS, 2: ZEROS, 3: ZEROS, 4: None}, stored) == [
        ReadingVerdict.UNBELIEVABLE,
        ReadingVerdict.UNBELIEVABLE,
        ReadingVerdict.UNBELIEVABLE,
        ReadingVerdict.UNKNOWN,
    ]


def test_on_a_failed_page_zeros_that_were_proved_hard_before_stay_proved() -> None:
    doubts = {1: [seen(ZEROS, -5), seen(ZEROS, 0, Route.IMAGE)]}
    stored = {1: Known(counts(5), as_of=at(-6)), 2: STORED}
    judged = judge_page({1: ZEROS, 2: ZEROS, 3: ZEROS}, stored, doubts, as_of=at(4), route=Route.POST).verdicts
    assert list(judged.values()) == [
        ReadingVerdict.CORRECTION,
        ReadingVerdict.UNBELIEVABLE,
        ReadingVerdict.UNBELIEVABLE,
    ]


def test_a_stale_page_of_zeros_makes_no_zero_believed() -> None:
    stored = {2: Known(counts(3), as_of=at(5))}
    assert page_verdicts({1: ZEROS, 2: ZEROS}, stored) == [ReadingVerdict.UNBELIEVABLE, ReadingVerdict.STALE]


def test_a_page_of_zeros_with_nothing_stored_above_zero_is_unconfirmed() -> None:
    assert page_verdicts({1: ZEROS, 2: ZEROS}, {2: Known(ZEROS)}) == [
        ReadingVerdict.UNCONFIRMED,
        ReadingVerdict.UNCHANGED,
    ]


def test_a_page_without_counters_is_unknown_not_zero() -> None:
    assert page_verdicts({1: None, 2: None}, {1: STORED}) == [ReadingVerdict.UNKNOWN, ReadingVerdict.UNKNOWN]


def test_an_empty_page_has_no_verdicts() -> None:
    assert page_verdicts({}, {}) == []


def test_zeros_proved_hard_do_not_make_a_page_unbelievable() -> None:
    doubts = {1: [seen(ZEROS, 1), seen(ZEROS, 5, Route.IMAGE)]}
    judgement = judge_page({1: ZEROS, 2: ZEROS}, {1: STORED}, doubts, as_of=at(9), route=Route.POST)
    assert judgement.verdicts == {1: ReadingVerdict.CORRECTION, 2: ReadingVerdict.UNCONFIRMED}


def test_a_confirmed_fall_waits_when_five_media_of_the_page_fall() -> None:
    page: dict[int, Counters | None] = dict.fromkeys(range(5), counts(9, 5))
    doubts = {id_: [seen(counts(9, 5), 1)] for id_ in page}
    stored = dict.fromkeys(page, STORED)
    mass = judge_page(page | {9: counts(11, 5)}, stored | {9: STORED}, doubts, as_of=at(4), route=Route.POST)
    few = judge_page({0: page[0]}, stored, doubts, as_of=at(4), route=Route.POST)
    assert mass.verdicts == {**dict.fromkeys(range(5), ReadingVerdict.SUSPECT_FALL), 9: ReadingVerdict.BELIEVED}
    assert few.verdicts == {0: ReadingVerdict.FALL}


def test_a_confirmed_fall_waits_when_earlier_pages_of_the_run_fell() -> None:
    judgement = judge_page(
        {1: counts(9, 5)},
        {1: STORED},
        {1: [seen(counts(9, 5), 1)]},
        as_of=at(4),
        route=Route.POST,
        tally=FallCount(100, 5),
    )
    assert judgement.verdicts == {1: ReadingVerdict.SUSPECT_FALL}
    assert judgement.tally == FallCount(101, 6)


def test_the_tally_counts_what_could_have_fallen() -> None:
    page = {1: ZEROS, 2: counts(9), 3: None, 4: counts(12, 5), 5: counts(11, 5)}
    stored = {2: STORED, 3: STORED, 4: STORED, 5: Known(counts(10, 5), as_of=at(9))}
    assert judge_page(page, stored, as_of=at(4), route=Route.POST).tally == FallCount(read=2, fell=1)


def test_a_failed_page_leaves_the_tally_as_it_was() -> None:
    page: dict[int, Counters | None] = dict.fromkeys(range(50), ZEROS)
    judgement = judge_page(page, dict.fromkeys(page, STORED), as_of=at(4), route=Route.POST, tally=FallCount(7, 1))
    assert judgement.tally == FallCount(7, 1)


def test_no_verdict_is_both_believed_and_doubted() -> None:
    assert [verdict for verdict in ReadingVerdict if verdict.is_believed and verdict.is_doubted] == []
    assert [verdict for verdict in ReadingVerdict if not verdict.is_believed and not verdict.is_doubted] == [
        ReadingVerdict.STALE,
        ReadingVerdict.UNKNOWN,
    ]


small = st.integers(0, 3)
counters = st.builds(Counters, small, small, small, small, st.just(0), small)
hours = st.integers(-4, 12)
reads = st.builds(MediaReading, st.none() | counters, hours.map(at), st.sampled_from(["post", "id"]))
known = st.builds(Known, counters, hours.map(at), st.just(False))


@given(reads, st.none() | known, st.lists(reads, max_size=5), st.booleans())
def test_a_value_believed_at_once_never_loses_a_counter(
    read: MediaReading, stored: Known | None, doubts: list[MediaReading], hard: bool
) -> None:
    verdict = judge(read, stored, doubts, needs_hard_proof=hard)
    if read.counters is None:
        assert verdict is ReadingVerdict.UNKNOWN
    elif stored and verdict.is_believed and verdict not in {ReadingVerdict.FALL, ReadingVerdict.CORRECTION}:
        assert all(new >= old for new, old in zip(astuple(read.counters), astuple(stored.counters), strict=True))
        assert read.as_of >= stored.as_of


@given(reads, known, st.lists(reads, max_size=5), st.booleans())
def test_no_fall_is_believed_without_an_earlier_doubt_of_it(
    read: MediaReading, stored: Known, doubts: list[MediaReading], hard: bool
) -> None:
    if judge(read, stored, doubts, needs_hard_proof=hard) in {ReadingVerdict.FALL, ReadingVerdict.CORRECTION}:
        assert any(stored.as_of < doubt.as_of < read.as_of and doubt.counters for doubt in doubts)


@given(st.lists(st.tuples(small, st.sampled_from(["fine", "zeros", "unknown", "late"])), min_size=1, max_size=30))
def test_a_growing_media_read_through_failures_is_never_believed_to_shrink(ticks: list[tuple[int, str]]) -> None:
    truth, stored, doubts = 1, Known(counts(1)), list[MediaReading]()
    for tick, (gain, fault) in enumerate(ticks, start=1):
        truth += gain
        said = {"zeros": ZEROS, "unknown": None}.get(fault, counts(truth))
        read = seen(said, tick if fault != "late" else tick - 20)
        verdict = judge(read, stored, doubts)
        doubts += [read] if verdict.is_doubted else []
        if verdict.is_believed and read.counters:
            assert read.counters.like >= stored.counters.like
            stored = Known(read.counters, read.as_of)
        assert stored.counters.like <= truth
    assert stored.counters.like > 0


@given(counters.filter(lambda one: not one.all_zero), counters)
def test_a_true_fall_is_stored_in_the_end(before: Counters, after: Counters) -> None:
    stored, doubts = Known(before), list[MediaReading]()
    for tick in range(1, 4):
        read = MediaReading(after, at(4 * tick), Route.IMAGE if tick == 2 else Route.POST)
        verdict = judge(read, stored, doubts, needs_hard_proof=True)
        doubts += [read] if verdict.is_doubted else []
    assert verdict.is_believed


def test_what_is_settled_counts_as_read_and_proves_that_the_page_is_no_failed_read() -> None:
    page = {1: ZEROS, 2: ZEROS}
    judged = judge_page(page, {1: STORED}, as_of=at(4), route=Route.POST, tally=FallCount(100, 1), settled=198)
    assert judged.verdicts == {1: ReadingVerdict.UNBELIEVABLE, 2: ReadingVerdict.UNCONFIRMED}
    assert judged.tally == FallCount(299, 2)
    alone = judge_page(page, {1: STORED}, as_of=at(4), route=Route.POST, tally=FallCount(100, 1))
    assert alone.verdicts[2] is ReadingVerdict.UNBELIEVABLE
