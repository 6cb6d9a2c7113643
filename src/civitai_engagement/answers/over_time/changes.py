"""The answer of `list_changes`: what moved lately, newest first, and cursors to poll for news and to page back."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel

from civitai_engagement.analysis.gains import counts_as_gain
from civitai_engagement.answers.answer import Answer, clean, count, row, spoken, utc
from civitai_engagement.answers.over_time.history import name_of
from civitai_engagement.errors import BadInput
from civitai_engagement.records.filters import ChangePosition, Since, Subject
from civitai_engagement.records.history import Change, Event
from civitai_engagement.records.media import COUNTERS, Counters
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.history import Looked
    from civitai_engagement.store.ledger import Ledger

# What is committed later may be of earlier: Civitai's answers are up to eight minutes old, and a batch takes its time.
LATE = timedelta(hours=1)
YOUNG = timedelta(hours=24)
_MICROSECOND = timedelta(microseconds=1)
_DAWN = datetime(1970, 1, 1, tzinfo=UTC)
_HIGHEST = 2**63 - 1


class ChangeRow(BaseModel):
    """One believed change: seen between `after` (the last look before; of a first look within a day of publication that
    publication; null for another first look) and `at`.

    `gains` names the counters that moved; `total` is all reactions and comments by then.
    """

    image_id: str
    post_id: str | None
    creator: str | None
    after: str | None
    at: str
    event: str
    gains: dict[str, int]
    total: int


class Changes(Answer):
    """`newer_cursor` polls on from here, `older_cursor` pages back."""

    changes: list[ChangeRow]
    has_more: bool
    newer_cursor: str
    older_cursor: str | None

    def _lines(self) -> list[str]:
        lines = [_line(one) for one in self.changes]
        cursors = [f"newer_cursor: {self.newer_cursor}", f"older_cursor: {self.older_cursor or 'none'}"]
        return [*cursors, *(["image|post|creator|at|after|event|gains|total"] if lines else []), *lines]


def _line(one: ChangeRow) -> str:
    gains = " ".join(f"{name} {gain:+d}" for name, gain in one.gains.items())
    return row(one.image_id, one.post_id, one.creator, one.at, one.after or "-", one.event, gains or "-", one.total)


async def changes(sources: Sources, subject: "Subject", *, cursor: str = "", limit: int = 50) -> Changes:
    """List what moved: the latest, what is older than an older cursor, or what is newer than a newer one.

    Raises:
        BadInput: The cursor is none of ours.
        StoreDown: The database is not reachable, or still starting.
    """
    now = sources.clock.now()
    place, poll = read_cursor(cursor) if cursor else (None, None)
    async with sources.store.reading() as ledger:
        if poll is not None:
            return await _newer(ledger, subject, poll, now=now, limit=limit)
        return await _older(ledger, subject, place, now=now, limit=limit)


@dataclass(frozen=True, slots=True)
class PollPosition:
    """Where a reader stands: what it has seen, and, while it catches up page by page, what it will have seen then."""

    since: "Since"
    then: "Since | None" = None


async def _older(
    ledger: "Ledger", subject: "Subject", before: "ChangePosition | None", *, now: datetime, limit: int
) -> Changes:
    seen = Since(await ledger.history.snapshot(), now - LATE)
    found = await ledger.history.older(subject, before or ChangePosition(now + LATE, _HIGHEST), limit=limit + 1)
    page = found[:limit]
    still = None if page or before else _still("Nothing has moved yet", subject, await ledger.history.looked(subject))
    return Changes(
        summary=still.words if still else _summary(page, "earlier " if before else "", has_more=len(found) > limit),
        as_of=still.as_of if still else _as_of(page),
        notes=[],
        changes=[_moved(one) for one in page],
        has_more=len(found) > limit,
        newer_cursor=poll_cursor(PollPosition(seen)),
        older_cursor=older_cursor(page[-1]) if len(found) > limit else None,
    )


async def _newer(ledger: "Ledger", subject: "Subject", poll: PollPosition, *, now: datetime, limit: int) -> Changes:
    then = poll.then or Since(await ledger.history.snapshot(), now - LATE)
    found = await ledger.history.newer(subject, poll.since, limit=limit + 1)
    page = found[:limit]
    has_more = len(found) > limit
    still = None if page else _still("Nothing moved since", subject, await ledger.history.looked(subject))
    here = (
        Since(poll.since.snapshot, poll.since.floor, ChangePosition(page[-1].at, page[-1].image_id))
        if has_more
        else then
    )
    return Changes(
        summary=still.words if still else _summary(page, "new ", has_more=has_more),
        as_of=still.as_of if still else _as_of(page),
        notes=["More moved since: poll again with newer_cursor for what came after these."] if has_more else [],
        changes=[_moved(one) for one in reversed(page)],
        has_more=has_more,
        newer_cursor=poll_cursor(PollPosition(here, then if has_more else None)),
        older_cursor=None,
    )


class _Unmoved(NamedTuple):
    """What is said where nothing moved, and of when that is true."""

    words: str
    as_of: str | None


def _still(words: str, subject: "Subject", looked: "Looked") -> _Unmoved:
    """Tell standing still from not being followed, and say when it was last looked at."""
    if not looked.media:
        whose = "yet" if subject.is_anybody else f"of {name_of(subject)}"
        hint = "watch_creator, watch_post or record_civitai_post begins to follow something"
        return _Unmoved(f"Nothing is followed {whose}: {hint}.", None)
    when = f"last looked at {spoken(looked.last_at)}" if looked.last_at else "it was never looked at"
    return _Unmoved(f"{words}; {when}.", utc(looked.last_at))


def _moved(one: Change) -> ChangeRow:
    gained = _gained(one)
    gains = {name: gain for name in COUNTERS if (gain := getattr(gained, name))}
    return ChangeRow(
        image_id=str(one.image_id),
        post_id=None if one.post_id is None else str(one.post_id),
        creator=clean(one.username, 60),
        after=utc(one.published_at if _is_young(one) else one.previous_at),
        at=utc(one.at),
        event=one.event,
        gains=gains,
        total=one.counters.total,
    )


def _is_young(one: Change) -> bool:
    """Say whether a first look came so soon after the publication that what it showed is news."""
    return one.event == Event.FIRST and counts_as_gain(one.published_at, one.at, since=one.at - YOUNG)


def _gained(one: Change) -> Counters:
    return one.counters if _is_young(one) else one.gains


def _summary(page: Sequence[Change], which: str, *, has_more: bool) -> str:
    if not page:
        return f"There are no {which}changes."
    media, posts = len({one.image_id for one in page}), len({one.post_id for one in page})
    gained = sum(_gained(one).total for one in page)
    first, last = min(one.at for one in page), max(one.at for one in page)
    when = f"at {spoken(last)}" if first == last else f"{spoken(first)} to {spoken(last)}"
    where = f"{count(media, 'media', 'media')} in {count(posts, 'post')}"
    more = ", and there are more" if has_more else ""
    return f"{count(len(page), f'{which}change')} of {where}: {gained:+,} reactions and comments, seen {when}{more}."


def _as_of(page: Sequence[Change]) -> str | None:
    return utc(min((one.at for one in page), default=None))


def older_cursor(one: Change) -> str:
    return _sealed(f"o {_micro(one.at)} {one.image_id}")


def poll_cursor(poll: PollPosition) -> str:
    parts = [one for one in (poll.since, poll.then) if one is not None]
    return _sealed(
        "n "
        + " ".join(f"{one.snapshot} {_micro(one.floor)} {_micro(one.place.at)} {one.place.image_id}" for one in parts)
    )


def read_cursor(text: str) -> "tuple[ChangePosition | None, PollPosition | None]":
    """Read a cursor of ours: a place to page back from, or where to poll from.

    Raises:
        BadInput: It is none of ours.
    """
    try:
        kind, *words = _unsealed(text.strip()).split(" ")
        if kind == "o":
            at, image_id = words
            return ChangePosition(_instant(at), _whole(image_id)), None
        since, then = _since(words[:4]), _since(words[4:]) if len(words) > 4 else None
        if kind == "n":
            return None, PollPosition(since, then)
    except (ValueError, OverflowError, binascii.Error):
        pass
    raise BadInput("That cursor is none of ours.", hint="Pass a cursor as list_changes gave it, or none.")


def _since(words: Sequence[str]) -> "Since":
    snapshot, floor, at, image_id = words
    if not _is_snapshot(snapshot):
        raise ValueError("no snapshot")
    return Since(snapshot, _instant(floor), ChangePosition(_instant(at), _whole(image_id)))


def _is_snapshot(text: str) -> bool:
    """Say whether Postgres can read it: lowest:highest:running,running."""
    if not re.fullmatch(r"[0-9]{1,18}:[0-9]{1,18}:([0-9]{1,18}(,[0-9]{1,18})*)?", text):
        return False
    low, high, running = text.split(":")
    held = [int(one) for one in running.split(",") if one]
    return held == sorted(set(held)) and 0 < int(low) <= int(high) and all(int(low) <= one < int(high) for one in held)


def _sealed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unsealed(text: str) -> str:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")


def _micro(at: datetime) -> int:
    return (at - _DAWN) // _MICROSECOND


def _instant(text: str) -> datetime:
    return _DAWN + int(text) * _MICROSECOND


def _whole(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _HIGHEST:
        raise ValueError("no id")
    return number
