"""A recorded series of real polls, replayed: doubled and absent items, one genuine fall, totals that stay honest."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from civitai_engagement.civitai.client import Civitai
from civitai_engagement.clock import ManualClock
from civitai_engagement.collect.confirm import confirm
from civitai_engagement.collect.creators import walk_creator
from civitai_engagement.collect.shift import Shift
from civitai_engagement.sandbox import World
from civitai_engagement.store.runs import Run
from tests.drills.conftest import report
from tests.house import FreeTurns

if TYPE_CHECKING:
    from tests.drills.conftest import Raise, Stand

SERIES = (
    Path(__file__).resolve().parents[2] / ".." / "shared" / "civitai-samples" / "engagement-timeseries-2026-02.json"
)
MAKER = "maker"
JOB = "update_existing_stats"
HALF_AN_HOUR = timedelta(minutes=30)
NAMES = ("likeCount", "heartCount", "laughCount", "cryCount", "commentCount")
TRACKING = "select state, count(*) from image_tracking group by 1"
LIKES = "select sum(like_count) from image_tracking"


@dataclass(frozen=True, slots=True)
class Shown:
    """One media as a poll showed it: likes, hearts, laughs, cries, comments."""

    id: int
    created_at: str
    counters: tuple[int, ...]

    def item(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "url": f"https://image.civitai.com/a/{self.id}/original=true/{self.id}.jpeg",
            "type": "image",
            "createdAt": self.created_at,
            "postId": 1,
            "username": MAKER,
            "browsingLevel": 1,
            "stats": {**dict(zip(NAMES, self.counters, strict=True)), "dislikeCount": 0},
        }


@dataclass(frozen=True, slots=True)
class Poll:
    """One list as it was seen, in its order; some may stand in it twice."""

    at: datetime
    shown: Sequence[Shown]

    @property
    def likes(self) -> int:
        return sum(one.counters[0] for one in self.shown)

    def by_id(self) -> dict[int, Shown]:
        return {one.id: one for one in self.shown}


@dataclass
class Recording:
    """Answers as Civitai did at one poll, page by page.

    >>> Civitai(settings, clock=clock, budget=budget, transport=httpx.MockTransport(recording.answer))
    """

    shown: Sequence[Shown] = ()
    asked_by_id: list[int] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        query = request.url.params
        if "ids" in query:
            return httpx.Response(400, json={"error": "Unrecognized key: ids"})
        if "imageId" in query:
            self.asked_by_id.append(int(query["imageId"]))
            return self._page([one for one in self.shown if one.id == int(query["imageId"])][:1], None)
        start, size = int(query.get("cursor", "0").partition("|")[0]), int(query["limit"])
        end = start + size
        return self._page(self.shown[start:end], f"{end}|0" if end < len(self.shown) else None)

    def _page(self, shown: Sequence[Shown], cursor: str | None) -> httpx.Response:
        metadata = {"nextCursor": cursor} if cursor else {}
        return httpx.Response(200, json={"items": [one.item() for one in shown], "metadata": metadata})


def recorded_polls() -> list[Poll]:
    """Read every poll of the series; where nothing changed for a media the recording says nothing again."""
    if not SERIES.exists():
        pytest.skip("the recorded series is not here")
    whole, cut = json.loads(SERIES.read_text())["recordings"]
    polls = [Poll(_at(row[0]), _standing(whole["images"], row[0])) for row in whole["totals"]]
    before, last = (row[0] for row in cut["totals"][-2:])
    changed = {one.id: one for one in _standing(cut["images"], before)}
    polls.append(Poll(_at(before), [changed.get(one.id, one) for one in polls[-1].shown]))
    return [*polls, Poll(_at(last), _standing(cut["images"], last))]


def _standing(images: Sequence[dict[str, Any]], at: str) -> list[Shown]:
    seen = ((one, [row for row in one["snapshots"] if row[0] <= at]) for one in images)
    return [Shown(one["id"], one["createdAt"], tuple(rows[-1][1:])) for one, rows in seen if rows]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass
class Replay:
    """The collection of a creator whose lists come from the recording."""

    stand: "Stand"
    recording: Recording = field(default_factory=Recording)

    def __post_init__(self) -> None:
        runtime = self.stand.house.runtime
        transport = httpx.MockTransport(self.recording.answer)
        runtime.civitai = Civitai(runtime.settings, clock=runtime.clock, budget=FreeTurns(), transport=transport)

    async def observe(self, poll: Poll) -> Run:
        """Walk through the list of a poll, and ask by id for what it leaves in doubt."""
        house = self.stand.house
        house.clock.advance(poll.at - house.clock.now())
        self.recording.shown = poll.shown
        async with await house.runtime.store.claims("replay:1") as claims:
            claim = await claims.claim(JOB, poll.at, poll.at)
        assert claim
        shift = Shift(house.runtime, claim, allowance=1000)
        await walk_creator(shift, MAKER, source="watched", is_watched=True)
        await confirm(shift)
        async with house.runtime.store.writing() as ledger:
            await ledger.runs.finish(claim, now=poll.at, seconds=0, coverage=shift.coverage)
            return await ledger.runs.get(claim.run_id)

    async def likes(self) -> int:
        [(likes,)] = await self.stand.house.rows(LIKES)
        return int(likes)

    async def states(self) -> dict[str, int]:
        return {str(state): count for state, count in await self.stand.house.rows(TRACKING)}

    async def history(self) -> Any:
        await self.stand.house.run(
            "insert into creators (name, username) values ($1, $1) on conflict do nothing", MAKER
        )
        return await self.stand.house.good("get_engagement_history", creator=MAKER, step="hour")


async def test_a_recorded_series_is_told_honestly_through_its_failed_poll(raised: "Raise") -> None:
    polls = recorded_polls()
    *whole, before, failed = polls
    ids = [one.id for one in failed.shown]
    doubled = {number for number, count in Counter(ids).items() if count > 1}
    absent = before.by_id().keys() - set(ids)
    assert (len(doubled), len(absent), before.likes, failed.likes) == (47, 47, 10_108, 6_025)
    fallen = {
        number for number, one in failed.by_id().items() if one.counters[0] < before.by_id()[number].counters[0]
    }  # fmt: skip
    expected = sum(one.counters[0] for one in {**before.by_id(), **failed.by_id()}.values())

    clock = ManualClock(polls[0].at)
    async with raised(World.empty(now=polls[0].at), clock) as stand:
        replay = Replay(stand)
        for poll in (*whole, before):
            run = await replay.observe(poll)
            assert (run.missing, await replay.likes()) == (0, poll.likes)

        first = await replay.observe(failed)
        assert (first.missing, first.suspect) == (47, len(fallen))
        assert await replay.likes() == expected + len(fallen)  # the fall waits for a second look
        later = [replace(failed, at=failed.at + number * HALF_AN_HOUR) for number in (1, 2)]
        await replay.observe(later[0])
        assert (replay.recording.asked_by_id, await replay.states()) == ([], {"present": 483})
        await replay.observe(later[1])
        assert set(replay.recording.asked_by_id) == absent
        assert await replay.states() == {"present": 436, "missing": 47}
        assert await replay.likes() == expected

        while_gone = await replay.history()
        assert while_gone["steps"][-1]["counters"][0] == expected
        assert (while_gone["steps"][-1]["known"], while_gone["steps"][-1]["of"]) == (436, 483)
        assert any("last confirmed values" in note for note in while_gone["notes"])

        again = Poll(later[1].at + HALF_AN_HOUR, list({**before.by_id(), **failed.by_id()}.values()))
        await replay.observe(again)
        assert await replay.states() == {"present": 436, "returned": 47}
        assert await replay.likes() == again.likes == expected
        rows = await stand.house.rows(
            "select image_id, event, like_count, like_gain from image_stats_history where event in ('fall', 'correction')"
        )
        assert {number for number, *_ in rows} == fallen
        assert [(event, likes, gain) for _, event, likes, gain in rows] == [("fall", 35, -1)]
        [(duplicates,)] = await stand.house.rows(
            "select count(*) from (select image_id, collected_at from image_stats_history group by 1, 2 having count(*) > 1) as d"
        )
        assert duplicates == 0
        back = await replay.history()
        assert "known" not in {name for name, value in back["steps"][-1].items() if value is not None}
        events = dict(await stand.house.rows("select event, count(*) from image_stats_history group by 1"))
        report(
            "Replay",
            polls=len(polls) + 3,
            media=483,
            likes_told=f"{polls[0].likes:,} to {expected:,}",
            the_failed_poll_said=f"{failed.likes:,}",
            doubled=len(doubled),
            missing_then_returned=len(absent),
            rows=events,
            said_while_gone=while_gone["summary"],
        )
