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
from civitai_engagement.collect.active_run import ActiveRun
from civitai_engagement.collect.confirm import confirm
from civitai_engagement.collect.creators import walk_creator
from civitai_engagement.records.provenance import Source
from civitai_engagement.sandbox import World
from civitai_engagement.sandbox.turns import FreeTurns
from civitai_engagement.store.runs import Run

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
        shift = ActiveRun(house.runtime, claim, allowance=1000)
        await walk_creator(shift, MAKER, source=Source.WATCHED, is_watched=True)
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


@dataclass(frozen=True, slots=True)
class Failure:
    """What the last, failed poll of the series did to the one before it."""

    before: Poll
    failed: Poll

    @property
    def doubled(self) -> set[int]:
        return {number for number, count in Counter(one.id for one in self.failed.shown).items() if count > 1}

    @property
    def absent(self) -> set[int]:
        return self.before.by_id().keys() - self.failed.by_id().keys()

    @property
    def fallen(self) -> set[int]:
        then, now = self.before.by_id(), self.failed.by_id()
        return {number for number, one in now.items() if one.counters[0] < then[number].counters[0]}

    def whole(self, at: datetime) -> Poll:
        """Give all media once: as the failed poll showed them, else as the one before did."""
        return Poll(at, list({**self.before.by_id(), **self.failed.by_id()}.values()))


@pytest.mark.drill(always=True)
async def test_a_recorded_series_is_told_honestly_through_its_failed_poll(raised: "Raise") -> None:
    *polls, before, failed = recorded_polls()
    failure = Failure(before, failed)
    expected = failure.whole(failed.at).likes
    assert (len(failure.doubled), len(failure.absent), before.likes, failed.likes) == (47, 47, 10_108, 6_025)

    async with raised(World.empty(now=polls[0].at), ManualClock(polls[0].at)) as stand:
        replay = Replay(stand)
        for poll in (*polls, before):
            run = await replay.observe(poll)
            assert (run.missing, await replay.likes()) == (0, poll.likes)
        last = await fail(replay, failure, expected)
        while_gone = await replay.history()
        await come_back(replay, failure.whole(last + HALF_AN_HOUR))
        assert await replay.likes() == expected
        assert await falls(stand) == dict.fromkeys(failure.fallen, ("fall", 35, -1))
        events = dict(await stand.house.rows("select event, count(*) from image_stats_history group by 1"))
        stand.reports.tell(
            "Replay",
            polls=len(polls) + 5,
            media=len(before.shown),
            likes_told=f"{polls[0].likes:,} to {expected:,}",
            the_failed_poll_said=f"{failed.likes:,}",
            doubled=len(failure.doubled),
            missing_then_returned=len(failure.absent),
            falls=len(failure.fallen),
            rows=events,
            said_while_gone=while_gone["summary"],
        )


async def fail(replay: Replay, failure: Failure, expected: int) -> datetime:
    """Show the failed poll at three ticks; the third asks by id for what is absent. Gives the time of the third."""
    failed, media = failure.failed, len(failure.before.shown)
    first = await replay.observe(failed)
    assert (first.missing, first.suspect) == (len(failure.absent), len(failure.fallen))
    assert await replay.likes() == expected + len(failure.fallen)  # each fell by one, which waits for another look
    at = [failed.at + number * HALF_AN_HOUR for number in (1, 2)]
    await replay.observe(replace(failed, at=at[0]))
    assert (replay.recording.asked_by_id, await replay.states()) == ([], {"present": media})
    await replay.observe(replace(failed, at=at[1]))
    assert set(replay.recording.asked_by_id) == failure.absent
    gone = len(failure.absent)
    assert await replay.states() == {"present": media - gone, "missing": gone}
    assert await replay.likes() == expected
    await told_while_gone(replay, expected, media, gone)
    return at[1]


async def told_while_gone(replay: Replay, expected: int, media: int, gone: int) -> None:
    told = await replay.history()
    assert told["steps"][-1]["counters"][0] == expected
    assert (told["steps"][-1]["known"], told["steps"][-1]["of"]) == (media - gone, media)
    assert any("last confirmed values" in note for note in told["notes"])


async def come_back(replay: Replay, poll: Poll) -> None:
    gone = (await replay.states())["missing"]
    await replay.observe(poll)
    assert await replay.states() == {"present": len(poll.shown) - gone, "returned": gone}
    back = await replay.history()
    assert back["steps"][-1].get("known") is None


async def falls(stand: "Stand") -> dict[int, tuple[str, int, int]]:
    rows = await stand.house.rows(
        "select image_id, event, like_count, like_gain from image_stats_history where event in ('fall', 'correction')"
    )
    return {number: (event, likes, gain) for number, event, likes, gain in rows}
