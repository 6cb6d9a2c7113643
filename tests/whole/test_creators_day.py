"""A creator's day: every question at hand, asked in the words of its file, of a month; and the first minute."""

import json
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from civitai_engagement.collect.tick import run_tick
from civitai_engagement.library.watching import watch
from civitai_engagement.records.watches import Names
from civitai_engagement.sandbox import Counts, Growth, Item, LogLogistic
from civitai_engagement.server.toolsets import recorded
from tests.house import START

if TYPE_CHECKING:
    from tests.house import House, Told

pytestmark = pytest.mark.slow
CASES = Path(__file__).resolve().parents[2] / ".." / "shared" / "cases" / "questions.json"
FIRST, IMAGE, POSTS, DAYS, SEEN = 21_000_000, 101_000_337, 60, 30, 12
HOUR = timedelta(hours=1)
LINKS = {"list_posts": "posts", "get_top_media": "top"}


def asked() -> list[dict[str, Any]]:
    """Read the questions at hand whose tool and arguments there are."""
    questions = json.loads(CASES.read_text(encoding="utf-8"))["questions"] if CASES.exists() else []
    known = {told["name"]: set(told["inputSchema"]["properties"]) for told in recorded()}
    return [one for one in questions if one["tool"] in known and set(one["arguments"]) <= known[one["tool"]]]


def _publish(house: "House", random: Random, place: int) -> None:
    """Publish one of ana's posts, or of Boreal's; some are videos, one is called Low tide, one image has a number."""
    post_id, end = FIRST + place, START + timedelta(days=SEEN)
    born = end - timedelta(days=DAYS * (POSTS - place - 0.5) / POSTS)
    level = random.lognormvariate(3.4, 0.5)
    curve = LogLogistic(half=random.uniform(6, 16) * HOUR, steepness=1.0)
    totals = [Counts(like=round(level * random.lognormvariate(0, 0.3)), heart=3, comment=2) for _ in range(2)]
    kind = "video" if place % 5 == 2 else "image"
    items = [Item(type=kind, counters=Growth(one, curve), published_at=born) for one in totals]
    title = {7: "Low tide"}.get(place, f"Study {place}")
    house.world.add_post(post_id=post_id, username="ana", items=items, title=title, published_at=born)


async def _month(house: "House") -> None:
    """Follow two creators for twelve days, of whom one has posts of a month; record some of them."""
    random = Random(7)
    for place in range(POSTS):
        _publish(house, random, place)
    for place in range(3):
        house.post(2, 31_000_000 + place, username="Boreal", published_at=START + timedelta(days=3 * place))
    await watch(house.runtime, Names.creators(["ana", "Boreal", "HexPetal"]))
    async with await house.runtime.store.claims("test:month") as claims:
        for _ in range(SEEN * 6):
            await run_tick(house.runtime, claims)
            house.advance(hours=4)
    await house.good("record_civitai_post", posts=[str(FIRST + place) for place in (7, 52)])
    house.restart(creator="ana")


def _unlinked(tool: str, answer: Any) -> list[str]:
    """Name the rows without the page of what they name, or without the title of a post that has one."""
    rows = answer.get(LINKS.get(tool, ""), [])
    lacking = [row for row in rows if not row["url"].startswith("http")]
    known = [row for row in rows if row.get("post_id") in {str(FIRST + 7), str(FIRST + 52)}]
    return [str(row) for row in [*lacking, *(row for row in known if not row.get("title"))]]


@pytest.mark.skipif(not CASES.exists(), reason="the questions are not at hand")
async def test_each_question_of_a_creator_is_answered_in_one_call_with_links_and_few_words(house: "House") -> None:
    await _month(house)
    house.restart(creator="ana", comments=True, civitai_api_key=SecretStr("sandbox-key"))  # comments take both
    told: dict[str, Told] = {}
    for one in asked():
        arguments = {name: _own(value, house) for name, value in one["arguments"].items()}
        told[one["question"]] = await house.call(one["tool"], **arguments)
    assert len(told) >= 25
    assert {question: answer.text for question, answer in told.items() if answer.is_error} == {}
    tools = {one["question"]: one["tool"] for one in asked()}
    assert [row for question, answer in told.items() for row in _unlinked(tools[question], answer.data)] == []
    assert median(len(answer.text.encode()) / 4 for answer in told.values()) < 700


def _own(value: Any, house: "House") -> Any:
    """Put an image of our world where the file names one of its own."""
    image = house.ids(FIRST + 52)[0]
    return value.replace(str(IMAGE), image) if isinstance(value, str) else value


async def test_from_following_to_the_verdict_on_the_latest_post_it_is_one_call_and_a_handful_of_requests(
    house: "House",
) -> None:
    for place in range(50):
        house.post(10, FIRST + place, username="Rex", published_at=START - timedelta(days=place, hours=1))
    await house.forget()
    followed = await house.good("watch_creator", usernames=["Rex"])
    verdict = await house.good("rate_post", post="latest", creator="Rex")
    log = [(one["path"], one.get("query")) for one in await house.asked()]
    assert followed["looked"][0]["media"] == 500
    assert (verdict["post"], verdict["against"]) == (str(FIRST), "settled totals")
    assert len(log) < 10, log
    assert {path for path, _ in log} == {"/api/v1/images"}, log
