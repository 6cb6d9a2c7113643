"""Asks every tool that adds up, and holds what it tells, rows and sentence, against the plain computation."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from civitai_engagement.answers.insight.creator_summary import SummaryOptions, creator_summary
from civitai_engagement.answers.over_time.chart import ChartOptions, plotted
from civitai_engagement.records.filters import Subject
from tests.worlds.naive import Media, Truth, gained, joined, known_gains, oldest_look, placed, standing
from tests.worlds.story import DAY, HOUR, Story

NAMES = ("like", "heart", "laugh", "cry", "comment")
Row = Mapping[str, Any]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def number(text: str) -> int:
    return int(text.replace(",", ""))


@dataclass
class Asked:
    """One world that is asked, what is true of it, and what was told otherwise."""

    story: Story
    truth: Truth
    wrong: list[str] = field(default_factory=list)

    def hold(self, what: str, told: object, right: object) -> None:
        if told != right:
            self.wrong.append(f"{what}: told {told}, right is {right}")

    async def ask(self, tool: str, **arguments: Any) -> Row:
        answer: Row = await self.story.house.good(tool, **arguments)
        return answer

    @property
    def now(self) -> datetime:
        return self.story.now


async def history(asked: Asked) -> None:
    """Told counters, told gains between them, their sums, and the sentence; in any step and window."""
    random = asked.story.random
    posts = random.sample(sorted(asked.truth.posts()), min(3, len(asked.truth.posts())))
    subjects: list[dict[str, Any]] = [{"post": post} for post in posts]
    subjects += [{"image": one.id} for one in random.sample(list(asked.truth.media), min(2, len(asked.truth.media)))]
    subjects += [{"creator": "Ana"}]
    for subject in subjects:
        media = asked.truth.of(**subject)
        named = {key: f"https://civitai.com/images/{one}" if key == "image" else one for key, one in subject.items()}
        for step in random.sample(["auto", "4h", "day", "week"], 2):
            late = random.random() < 0.3
            window = {"to_time": f"{asked.now - 20 * HOUR:%Y-%m-%dT%H:%M:%SZ}"} if late else {}
            await _history(asked, media, named, step, window)


async def _history(asked: Asked, media: Sequence[Media], named: Row, step: str, window: Row) -> None:
    what = f"history of {named} by {step} {window or ''}"
    told = await asked.ask("get_engagement_history", **named, step=step, **window)
    rows = told["steps"]
    for one in rows:
        if one.get("counters") is not None:
            asked.hold(f"{what}: counters at {one['at']}", tuple(one["counters"]), standing(media, instant(one["at"])))
    for before, one in pairwise(rows):
        span = (instant(before["at"]), instant(one["at"]), instant(rows[0]["at"]))
        seen = (one.get("gain") or 0) + (one.get("unplaced") or 0)
        asked.hold(f"{what}: gain until {one['at']}", seen, gained(media, *span))
        asked.hold(f"{what}: joined until {one['at']}", one.get("joined") or 0, joined(media, *span))
    standings = [sum(one["counters"]) for one in rows if one.get("counters") is not None]
    if len(standings) > 1:
        first, last = (next(one for one in order if one.get("counters") is not None) for order in (rows, rows[::-1]))
        inside = [one for one in rows if instant(first["at"]) < instant(one["at"]) <= instant(last["at"])]
        moved = sum((one.get(name) or 0) for one in inside for name in ("gain", "joined", "unplaced"))
        asked.hold(f"{what}: told gains and last less first", moved, standings[-1] - standings[0])
    if rows:
        end = instant(rows[-1]["at"])
        whole = (told.get("gain") or 0) + (told.get("unplaced") or 0)
        asked.hold(f"{what}: gain", whole, gained(media, instant(rows[0]["at"]), end))
        if not window and told.get("gain_24h") is not None:
            right = known_gains(media, end - DAY, end, [hours * HOUR for hours in (4, 8, 48)])
            asked.hold(f"{what}: gain_24h", told["gain_24h"] if told["gain_24h"] not in right else right, right)
    if not window:
        _hold_as_of(asked, what, told, media)
    if (found := re.search(r"(?:grew|fell) from ([\d,]+) to ([\d,]+) ", told["summary"])) and standings:
        asked.hold(f"{what}: sentence", [number(one) for one in found.groups()], [standings[0], standings[-1]])
    if found := re.search(r"; (-?[\d,]+) in (?:the|its) last 24 h", told["summary"]):
        asked.hold(f"{what}: sentence, 24 h", number(found[1]), told["gain_24h"])


async def changes(asked: Asked) -> None:
    """Every change once, with its own gains; the sentence adds up its rows."""
    cursor, seen = "", {}
    while True:
        told = await asked.ask("list_changes", creator="Ana", limit=100, cursor=cursor)
        for one in told["changes"]:
            seen[one["image_id"], one["at"]] = one
        if told["changes"]:
            found = re.search(r": ([+-][\d,]+) reactions and comments", told["summary"])
            asked.hold("changes: sentence", found and number(found[1]), sum(_gains(one) for one in told["changes"]))
        cursor = told.get("older_cursor") or ""
        if not told["has_more"] or not cursor:
            break
    looks = {
        (str(media.id), _utc(one.at)): (old, one)
        for media in asked.truth.of(creator="Ana")
        for old, one in zip([None, *media.looks], media.looks, strict=False)
        if one.event != "gap"
    }
    asked.hold("changes: rows", sorted(seen), sorted(looks))
    for key in seen.keys() & looks.keys():
        old, one = looks[key]
        asked.hold(f"changes: total of {key}", seen[key]["total"], sum(one.counters))
        if old is not None:
            asked.hold(f"changes: gains of {key}", _gains(seen[key]), sum(one.counters) - sum(old.counters))


def _gains(change: Row) -> int:
    return sum(change["gains"].values())


async def movers(asked: Asked) -> None:
    """All that gained, with what it gained, in order; the sentence tells the first row."""
    for of in ("posts", "images"):
        for window, span in (("24h", DAY), ("7d", 7 * DAY), ("30d", 30 * DAY)):
            told = await asked.ask("get_top_movers", creator="Ana", of=of, window=window, limit=40)
            groups = (
                asked.truth.posts("Ana").items()
                if of == "posts"
                else [(m.id, [m]) for m in asked.truth.of(creator="Ana")]
            )
            right = {str(key): placed(media, asked.now - span, asked.now) for key, media in groups}
            rising = {key: gain for key, gain in right.items() if gain > 0}
            what = f"movers of {of} in {window}"
            asked.hold(f"{what}: how many moved", told["moved"], len(rising))
            for one in told["movers"]:
                asked.hold(f"{what}: gain of {one['id']}", one["gain"], right[one["id"]])
            if len(rising) <= 40:
                asked.hold(f"{what}: which", {one["id"] for one in told["movers"]}, set(rising))
            gains = [one["gain"] for one in told["movers"]]
            asked.hold(f"{what}: order", gains, sorted(gains, reverse=True))
            if gains:
                asked.hold(f"{what}: sentence", f": {gains[0]:,} reactions and comments" in told["summary"], True)


async def summary(asked: Asked) -> None:
    """Sums over all posts of a creator, their periods and shares, and what the sentence makes of them."""
    told = await asked.ask("summarize_creator", username="Ana", period="7d", time_zone=asked.story.plan.zone.key)
    whole = asked.truth.of(creator="Ana")
    posts = asked.truth.posts("Ana")
    five = standing(whole, asked.now)
    asked.hold("summary: posts", told["posts"], len(posts))
    asked.hold("summary: totals", [told["totals"]["stats"][name] for name in NAMES], list(five))
    asked.hold("summary: media", (told["totals"]["known"], told["totals"]["media"]), (_known(whole), len(whole)))
    _hold_as_of(asked, "summary", told, whole)
    for one in told["by_type"]:
        own = [media for media in whole if media.type == one["name"]]
        asked.hold(f"summary: {one['name']}", (one["media"], one["total"]), (len(own), sum(standing(own, asked.now))))
    born = {post: min(one.born for one in media) for post, media in posts.items()}
    for days in (1, 3, 7):
        answer = await creator_summary(asked.story.house.runtime, "Ana", SummaryOptions(days, asked.story.plan.zone))
        for period in answer.periods:
            span = (instant(period.start), instant(period.end))
            what = f"summary: {days} days from {period.start}"
            followed = [post for post, media in posts.items() if any(one.is_followed(*span) for one in media)]
            seen = [one for post in followed for one in posts[post]]
            sure, told_gain = placed(seen, *span), period.gain or 0  # a silence over its start is left out, or is not
            asked.hold(f"{what}: gain", told_gain, sure if told_gain == sure else gained(seen, *span))
            asked.hold(f"{what}: seen", period.seen, sum(born[post] < span[1] for post in followed))
            asked.hold(f"{what}: published", period.published, sum(span[0] <= at < span[1] for at in born.values()))
            asked.hold(f"{what}: of", period.of, sum(at < span[1] for at in born.values()))
        if found := re.search(r"(gained|lost) ([\d,]+) [io]n the", answer.summary):
            sign = 1 if found[1] == "gained" else -1
            asked.hold(f"summary: sentence of {days} days", sign * number(found[2]), answer.period.gain)
        now, before = answer.period, answer.previous
        if before and answer.change_percent is not None and now.whole == now.of and before.whole == before.of:
            right = 100 * ((now.gain or 0) - (before.gain or 0)) / (before.gain or 1)
            asked.hold(f"summary: percent of {days} days", answer.change_percent, round(right, 1))
        if answer.change_interval and answer.change_percent is not None:
            low, high = answer.change_interval
            asked.hold(f"summary: interval of {days} days", low <= answer.change_percent <= high, right=True)
    head = re.search(r": ([\d,]+) posts? \(([\d,]+) media\) with ([\d,]+) reactions", told["summary"])
    asked.hold(
        "summary: sentence", head and [number(one) for one in head.groups()], [len(posts), len(whole), sum(five)]
    )


def _known(media: Sequence[Media]) -> int:
    return sum(bool(one.looks) for one in media)


async def recorded(asked: Asked) -> None:
    """What is recorded, in the list, the audit and asset by asset: one number for one span."""
    listed = await _listed(asked)
    audit = await asked.ask("audit_library", checks=0, limit=100) if listed else {"posts": []}
    for one in listed.values():
        media = asked.truth.of(post=int(one["post_id"]))
        what = f"list: post {one['post_id']}"
        engagement = one["engagement"]
        asked.hold(f"{what}: counters", [engagement[name] for name in NAMES], list(standing(media, asked.now)))
        _hold_as_of(asked, what, engagement, media)
        for name, span in (("gain_24h", DAY), ("gain_7d", 7 * DAY)):
            _hold_gain(asked, f"{what}: {name}", engagement.get(name), media, span)
    for one in audit["posts"]:
        media = asked.truth.of(post=int(one["post_id"]))
        what = f"audit: post {one['post_id']}"
        asked.hold(f"{what}: stored", one.get("stored") or 0, sum(standing(media, asked.now)))
        _hold_gain(asked, f"{what}: gain_7d", one.get("gain_7d"), media, 7 * DAY)
    for single in [one for one in asked.truth.media if one.is_recorded][:2]:
        found = await asked.ask("find_asset", civitai_id=str(single.id))
        for name, span in (("gain_24h", DAY), ("gain_7d", 7 * DAY)):
            if engagement := found.get("engagement"):
                _hold_gain(asked, f"find_asset {single.id}: {name}", engagement.get(name), [single], span)


async def _listed(asked: Asked) -> dict[str, Row]:
    told = await asked.ask("list_civitai_posts", limit=100)
    asked.hold("list: total", told["total"], len({one.post_id for one in asked.truth.media if one.is_recorded}))
    return {one["post_id"]: one for one in told["posts"]}


def _hold_gain(asked: Asked, what: str, told: int | None, media: Sequence[Media], span: timedelta) -> None:
    """A gain that is told is right; one that is not told was not to be known."""
    since = asked.now - span
    if told is not None or all(one.is_known(since, asked.now) for one in media):
        asked.hold(what, told, gained(media, since, asked.now))


def _hold_as_of(asked: Asked, what: str, told: Row, media: Sequence[Media]) -> None:
    """The oldest confirmation among what is still there."""
    if there := [one for one in media if not one.is_gone]:
        asked.hold(f"{what}: as_of", told.get("as_of"), _utc(oldest_look(there)))


async def chart(asked: Asked) -> None:
    """Values of lines are those of the history, at the instants they stand at."""
    posts = sorted(asked.truth.posts("Ana"))[:2]
    wanted = ChartOptions((*(Subject(post_id=post) for post in posts), Subject(creator="Ana")))
    answer = (await plotted(asked.story.house.runtime, wanted)).answer
    for line, media in zip(
        answer.lines, [*(asked.truth.of(post=post) for post in posts), asked.truth.of(creator="Ana")], strict=True
    ):
        ends = [point for point in line.points if point[1] is not None]
        for at, value in (ends[0], ends[-1]) if ends else ():
            minute = instant(str(at))
            around = {sum(standing(media, minute + timedelta(seconds=second))) for second in range(61)}
            asked.hold(f"chart: {line.name} at {at}", value if value not in around else "right", "right")


async def estimates(asked: Asked) -> None:
    """What several tools estimate, they estimate alike; how many others an estimate rests on is how many there are."""
    told = await asked.ask("summarize_creator", username="Ana", period="7d")
    if told.get("best"):
        post = told["best"]["post"]
        rated = await asked.ask("rate_post", post=post)
        at_a_day = [one["count"] for one in rated["by_age"] if one["age"] == "24 h"]
        asked.hold(f"rate: post {post} at 24 h", at_a_day, at_a_day and [told["best"]["count"]])
        for one in rated["by_age"]:
            asked.hold("rate: others", one["n"] < len(asked.truth.posts("Ana")), True)
    if told.get("typical"):
        asked.hold("summary: typical n", told["typical"]["n"] <= len(asked.truth.posts("Ana")), True)
    unusual = await asked.ask("find_unusual", creator="Ana")
    _hold_as_of(asked, "unusual", unusual, asked.truth.of(creator="Ana"))


CHECKS: Sequence[Callable[[Asked], Awaitable[None]]] = (
    history,
    changes,
    movers,
    summary,
    recorded,
    chart,
    estimates,
)


def _utc(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
