from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.analysis.cadence import next_due

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (timedelta(), HOUR),
        (24 * HOUR - INSTANT, HOUR),
        (24 * HOUR, 4 * HOUR),
        (timedelta(days=30) - INSTANT, 4 * HOUR),
        (timedelta(days=30), 24 * HOUR),
        (timedelta(days=3000), 24 * HOUR),
        (-HOUR, HOUR),
    ],
)
def test_a_media_is_due_the_later_the_older_it_is(age: timedelta, wait: timedelta) -> None:
    assert next_due(NOON, NOON - age) == NOON + wait


def test_a_media_of_unknown_age_counts_as_young() -> None:
    assert next_due(NOON, None) == NOON + HOUR
