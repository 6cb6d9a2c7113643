from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from civitai_engagement.records.filters import PostFilter
from civitai_engagement.store.posts import PostRecord, Posts
from civitai_engagement.store.queries import Connection

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POST = PostRecord(
    post_id=7,
    civitai_url="https://civitai.com/posts/7",
    title="Lighthouses",
    description="at sea",
    username="Ada",
    tags=("sea",),
    nsfw_level=3,
    published_at=NOON - HOUR,
    authoritative=True,
    created_by="keeper",
)


@pytest.fixture
def posts(connection: Connection) -> Posts:
    return Posts(connection)


async def test_a_post_is_new_once(posts: Posts) -> None:
    assert await posts.record(POST, now=NOON) is True
    assert await posts.record(POST, now=NOON + HOUR) is False
    _, total = await posts.page(PostFilter(), now=NOON, limit=50, offset=0)
    assert total == 1


async def test_who_recorded_first_and_when_stays(posts: Posts) -> None:
    await posts.record(POST, now=NOON)
    await posts.record(replace(POST, created_by="other"), now=NOON + HOUR)
    (one,), _ = await posts.page(PostFilter(), now=NOON, limit=50, offset=0)
    assert (one.created_by, one.recorded_at) == ("keeper", NOON)


async def test_nothing_known_of_a_post_is_overwritten_by_nothing(posts: Posts) -> None:
    await posts.record(POST, now=NOON)
    bare = replace(
        POST,
        title=None,
        description=None,
        username=None,
        tags=(),
        nsfw_level=None,
        published_at=None,
        authoritative=False,
    )
    await posts.record(bare, now=NOON + HOUR)
    (one,), _ = await posts.page(PostFilter(), now=NOON, limit=50, offset=0)
    assert (one.title, one.description, one.username, one.tags) == ("Lighthouses", "at sea", "Ada", ("sea",))
    assert one.published_at == NOON - HOUR


@pytest.mark.parametrize(
    ("first", "then", "kept"),
    [
        ((NOON, False), (NOON - HOUR, False), NOON - HOUR),
        ((NOON, False), (NOON + HOUR, False), NOON),
        ((NOON, False), (NOON + HOUR, True), NOON + HOUR),
        ((NOON, True), (NOON + HOUR, False), NOON),
        ((None, False), (NOON, False), NOON),
    ],
    ids=["an earlier feed date", "a later feed date", "its own later date", "its own earlier date", "the first date"],
)
async def test_the_date_of_a_post_is_its_own_else_the_earliest_seen(
    posts: Posts, first: tuple[datetime | None, bool], then: tuple[datetime | None, bool], kept: datetime
) -> None:
    for published_at, authoritative in (first, then):
        await posts.record(replace(POST, published_at=published_at, authoritative=authoritative), now=NOON)
    (one,), _ = await posts.page(PostFilter(), now=NOON, limit=50, offset=0)
    assert one.published_at == kept


async def test_recording_a_post_follows_it_once(posts: Posts, connection: Connection) -> None:
    await posts.record(POST, now=NOON)
    await posts.record(POST, now=NOON + HOUR)
    rows = await connection.fetch("select kind, name, created_by, created_at from watches")
    assert [tuple(row) for row in rows] == [("post", "7", "keeper", NOON)]


async def test_a_post_without_media_has_no_sums(posts: Posts) -> None:
    await posts.record(POST, now=NOON)
    (one,), _ = await posts.page(PostFilter(), now=NOON, limit=50, offset=0)
    assert (one.asset_count, one.engagement.counters, one.engagement.known, one.engagement.of) == (0, None, 0, 0)


async def test_past_the_end_the_total_is_still_known(posts: Posts) -> None:
    await posts.record(POST, now=NOON)
    assert await posts.page(PostFilter(), now=NOON, limit=5, offset=1) == ([], 1)
    assert await posts.page(PostFilter(creators=("nobody",), recorders=("nobody",)), now=NOON, limit=5, offset=0) == (
        [],
        0,
    )


async def test_a_name_with_signs_of_sql_is_only_a_name(posts: Posts) -> None:
    hostile = "o'hara; drop table posts"
    await posts.record(replace(POST, username=hostile.title()), now=NOON)
    found, _ = await posts.page(PostFilter(creators=(hostile,), recorders=(hostile,)), now=NOON, limit=5, offset=0)
    assert len(found) == 1
