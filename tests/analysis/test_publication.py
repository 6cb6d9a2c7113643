"""When media were published, once their post says when it was."""

from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.analysis.publication import PostDates, publications
from civitai_engagement.records.media import Birth

POST = datetime(2026, 5, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = POST + 72 * HOUR


def seen(published_at: datetime | None, first: datetime = LATER) -> Birth:
    return Birth(published_at, first)


CASES: dict[str, tuple[PostDates, dict[int, datetime]]] = {
    "media come out with their post": (
        PostDates(POST, {1: POST, 2: None, 3: POST - HOUR}, {}),
        {1: POST, 2: POST, 3: POST},
    ),
    "first seen with a date after the post: added later": (
        PostDates(POST, {1: POST, 2: LATER}, {}),
        {1: POST, 2: LATER},
    ),
    "a later sight with a later date moves nothing": (
        PostDates(POST, {1: LATER}, {1: seen(POST)}),
        {1: POST},
    ),
    "seen before the post said anything, at a date after it: that was its first sight": (
        PostDates(POST, {1: LATER, 2: LATER}, {1: seen(POST + HOUR), 2: seen(LATER)}),
        {1: POST + HOUR, 2: LATER},
    ),
    "an earlier look at the post did not have it": (
        PostDates(POST, {1: POST, 2: POST, 3: None}, {1: seen(POST)}, looked_at=LATER),
        {1: POST, 2: LATER, 3: LATER},
    ),
    "all are dated after their post at the first look: dated again, within an hour of one another": (
        PostDates(POST, {1: LATER, 2: LATER + HOUR / 2, 3: LATER + 2 * HOUR}, {}),
        {1: POST, 2: POST, 3: LATER + 2 * HOUR},
    ),
    "one without a date may have been there from the beginning": (
        PostDates(POST, {1: LATER, 2: None}, {}),
        {1: LATER, 2: POST},
    ),
    "the date of an upload, before the post": (
        PostDates(POST, {1: POST - 48 * HOUR}, {1: seen(POST - 48 * HOUR)}),
        {1: POST},
    ),
    "seen before the post says it was published: published again since": (
        PostDates(POST, {1: POST}, {1: seen(POST - 48 * HOUR, POST - 24 * HOUR)}),
        {1: POST - 48 * HOUR},
    ),
    "stored without a date": (PostDates(POST, {1: None}, {1: seen(None)}), {1: POST}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_media_has_its_own_earliest_known_date(case: str) -> None:
    gallery, expected = CASES[case]
    assert publications(gallery) == expected


def test_saying_it_again_changes_nothing() -> None:
    """What was found once is what is stored; the feed's dates may have moved by then."""
    for gallery, _ in CASES.values():
        found = publications(gallery)
        known = {one: Birth(at, LATER) for one, at in found.items()}
        again = PostDates(POST, dict.fromkeys(found, LATER + 24 * HOUR), known, looked_at=LATER)
        assert publications(again) == {one: max(at, POST) for one, at in found.items()}
