from datetime import UTC, datetime, timedelta

from civitai_engagement.clock import ManualClock, SystemClock

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


async def test_the_system_s_clock_is_aware_and_in_utc() -> None:
    clock = SystemClock()
    before = clock.now()
    await clock.sleep(0)
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.now() >= before
