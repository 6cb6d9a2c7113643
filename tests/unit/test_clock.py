from datetime import UTC, datetime, timedelta

from civitai_engagement.clock import Drift, ManualClock, SystemClock

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


async def test_sleeping_moves_a_manual_clock_and_takes_no_time() -> None:
    clock = ManualClock(NOON)
    await clock.sleep(3600)
    assert clock.now() == NOON + timedelta(hours=1)


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.advance(timedelta(minutes=5))
    assert clock.now() == NOON + timedelta(minutes=5)


def test_how_far_a_clock_is_ahead_is_the_median_of_what_the_last_five_said() -> None:
    drift = Drift(ticking=lambda: 0.0)
    assert drift.ahead(NOON) is None
    for minutes in (0, 0, 0, 90, 30, 20, 900):
        drift.hear(NOON - timedelta(minutes=minutes), NOON)
    assert drift.ahead(NOON) == timedelta(minutes=30)


def test_what_was_heard_before_the_clock_was_set_says_nothing_any_more() -> None:
    ticked = [0.0]
    drift = Drift(ticking=lambda: ticked[0])
    drift.hear(NOON, NOON)
    ticked[0] = 7200
    assert drift.ahead(NOON + timedelta(hours=2)) == timedelta(0)
    assert drift.ahead(NOON + timedelta(hours=50)) is None
    drift.hear(NOON + timedelta(hours=2), NOON + timedelta(hours=50))
    assert drift.ahead(NOON + timedelta(hours=50)) == timedelta(hours=48)


async def test_the_system_s_clock_is_aware_and_in_utc() -> None:
    clock = SystemClock()
    before = clock.now()
    await clock.sleep(0)
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.now() >= before
