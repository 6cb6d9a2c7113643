from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from civitai_engagement.civitai import wire
from civitai_engagement.civitai.walk import MOST_DRY_PAGES, MOST_PAGES, ListPage, Walked, walk
from civitai_engagement.errors import UpstreamDown, UpstreamRefused

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
Item = Callable[..., dict[str, Any]]


class Upstream:
    """Gives one scripted page after another and remembers the cursors it was asked with."""

    def __init__(self, pages: Sequence[ListPage | Exception]) -> None:
        self.pages = list(pages)
        self.cursors: list[str | None] = []

    async def __call__(self, cursor: str | None) -> ListPage:
        self.cursors.append(cursor)
        page = self.pages.pop(0)
        if isinstance(page, Exception):
            raise page
        return page


@pytest.fixture
def page(item: Item) -> Callable[..., ListPage]:
    def make(*ids: int, cursor: object = None) -> ListPage:
        body = {"items": [item(number) for number in ids], "metadata": {"nextCursor": cursor}}
        return ListPage(wire.read_listing(body), NOON, NOON)

    return make


def ids(walked: Walked) -> set[int]:
    return {media.id for page in walked.pages for media in page.listing.media}


async def test_cursors_are_followed_until_there_is_none(page: Callable[..., ListPage]) -> None:
    upstream = Upstream([page(1, 2, cursor="2|9"), page(3, cursor="4|9"), page(4)])

    walked = await walk(upstream)

    assert (ids(walked), walked.doubt) == ({1, 2, 3, 4}, "")
    assert upstream.cursors == [None, "2|9", "4|9"]


async def test_short_and_empty_pages_with_a_cursor_are_not_the_end(page: Callable[..., ListPage]) -> None:
    empty = [page(cursor=f"{step}|9") for step in range(1, MOST_DRY_PAGES)]

    walked = await walk(Upstream([*empty, page(5, cursor="50|9"), page(6)]))

    assert (ids(walked), walked.doubt) == ({5, 6}, "")


async def test_numbers_are_cursors_too(page: Callable[..., ListPage]) -> None:
    upstream = Upstream([page(9, 8, cursor=7), page(7, 6, cursor=5), page(5)])

    assert (await walk(upstream)).doubt == ""
    assert upstream.cursors == [None, "7", "5"]


async def test_a_repeated_cursor_ends_the_walk_with_a_doubt(page: Callable[..., ListPage]) -> None:
    upstream = Upstream([page(1, cursor="1|9"), page(2, cursor="2|9"), page(3, cursor="1|9")])

    walked = await walk(upstream)

    assert (ids(walked), walked.doubt) == ({1, 2, 3}, "Civitai repeated a cursor")


async def test_a_repeated_first_page_ends_the_walk_with_a_doubt(page: Callable[..., ListPage]) -> None:
    upstream = Upstream([page(1, 2, cursor="2|9"), page(2, 1, cursor="4|9")])

    assert (await walk(upstream)).doubt == "Civitai repeated the first page"


async def test_many_pages_without_anything_new_end_the_walk_with_a_doubt(page: Callable[..., ListPage]) -> None:
    upstream = Upstream([page(1, cursor="0|9"), *(page(cursor=f"{step}|9") for step in range(1, 99))])

    walked = await walk(upstream)

    assert "nothing new" in walked.doubt
    assert len(walked.pages) == 1 + MOST_DRY_PAGES


async def test_an_endless_list_is_left_with_a_doubt(page: Callable[..., ListPage]) -> None:
    upstream = Upstream([page(step, cursor=f"{step}|9") for step in range(1, 999)])

    walked = await walk(upstream)

    assert len(upstream.cursors) == MOST_PAGES
    assert "goes on" in walked.doubt


@pytest.mark.parametrize(("before", "after"), [("2|9", "feed:9:3"), ("2|9", 77), (77, "2|9"), ("feed:9:3", "2|9")])
async def test_a_walk_starts_once_more_when_the_kind_of_cursor_changes(
    page: Callable[..., ListPage], before: object, after: object
) -> None:
    upstream = Upstream([page(1, cursor=before), page(2, cursor=after), page(1, 2, cursor=after), page(3)])

    walked = await walk(upstream)

    assert (ids(walked), walked.doubt) == ({1, 2, 3}, "")
    assert upstream.cursors == [None, str(before), None, str(after)]


async def test_a_kind_of_cursor_that_keeps_changing_is_a_doubt(page: Callable[..., ListPage]) -> None:
    upstream = Upstream([page(1, cursor="2|9"), page(2, cursor=77), page(1, cursor="2|9"), page(3, cursor=77)])

    walked = await walk(upstream)

    assert ids(walked) == {1, 2, 3}
    assert "changed its way of counting" in walked.doubt


async def test_a_cursor_that_cannot_be_continued_starts_the_walk_once_more(page: Callable[..., ListPage]) -> None:
    refused = UpstreamRefused("This cursor can no longer be continued; start again without it", status=400)
    upstream = Upstream([page(1, cursor="feed:9:1"), refused, page(1, 2)])

    walked = await walk(upstream)

    assert (ids(walked), walked.doubt) == ({1, 2}, "")
    assert upstream.cursors == [None, "feed:9:1", None]


async def test_a_first_page_that_is_refused_is_not_asked_again(page: Callable[..., ListPage]) -> None:
    upstream = Upstream([UpstreamRefused("limit: Too big", status=400), page(1)])

    with pytest.raises(UpstreamRefused):
        await walk(upstream)


@pytest.mark.parametrize("error", [UpstreamRefused("blocked", status=451), UpstreamDown("down")])
async def test_a_later_page_that_fails_fails_the_walk(page: Callable[..., ListPage], error: Exception) -> None:
    with pytest.raises(type(error)):
        await walk(Upstream([page(1, cursor="1|9"), error]))
