"""A Civitai client whose upstream is scripted, whose clock is moved by hand and whose turns are free."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from functools import cache

import pytest
import respx

from civitai_engagement.civitai.client import Civitai
from civitai_engagement.clock import ManualClock
from civitai_engagement.sandbox.turns import FreeTurns
from civitai_engagement.settings import Settings


@cache
def _settings() -> Settings:
    return Settings(_env_file=None)


@pytest.fixture
def settings() -> Settings:
    """The defaults, each test a copy: what one derives from its own is not the next one's."""
    return _settings().model_copy()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 5, 1, 12, tzinfo=UTC))


@pytest.fixture
def free_turns() -> FreeTurns:
    return FreeTurns()


@pytest.fixture
def upstream() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url="https://civitai.com", assert_all_called=False) as router:
        yield router


@pytest.fixture
async def civitai(
    settings: Settings, clock: ManualClock, free_turns: FreeTurns, upstream: respx.MockRouter
) -> AsyncIterator[Civitai]:
    async with Civitai(settings, clock=clock, budget=free_turns) as client:
        yield client


@pytest.fixture
def item() -> Callable[..., dict[str, object]]:
    """Make a list item as Civitai sends it; keywords replace its fields."""

    def make(number: int = 7, **fields: object) -> dict[str, object]:
        stats = dict.fromkeys(
            ("cryCount", "laughCount", "likeCount", "dislikeCount", "heartCount", "commentCount"), number
        )
        return {
            "id": number,
            "url": f"https://image.civitai.com/x/{number}/original=true/{number}.jpeg",
            "hash": "U0",
            "width": 832,
            "height": 1216,
            "nsfwLevel": "None",
            "type": "image",
            "nsfw": False,
            "browsingLevel": 1,
            "createdAt": "2026-04-30T08:00:00.000Z",
            "postId": 1,
            "stats": stats,
            "meta": None,
            "username": "somebody",
            "baseModel": "SDXL 1.0",
            "modelVersionIds": [11, 12],
        } | fields

    return make
