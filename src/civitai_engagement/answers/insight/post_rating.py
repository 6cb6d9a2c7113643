"""The answer of `rate_post`: one post against its creator's other posts at the same age."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from civitai_engagement.analysis.alignment import STANDARD_AGES, ages_of
from civitai_engagement.analysis.baseline import FEWEST, Rating
from civitai_engagement.analysis.curves import HOUR, Curve, CurvePoint, read_off, sampled_at, spoken_age
from civitai_engagement.analysis.level import Level, OtherPost, rate_in_time
from civitai_engagement.analysis.unknown import NotEnough, NotObserved
from civitai_engagement.answers.answer import clean, count, engagement, figures, three_figures, utc
from civitai_engagement.answers.insight.curves import Drawn, draw
from civitai_engagement.answers.insight.doubts import OBSERVED, SAMPLED, doubts, left_out, own_doubts, reasons
from civitai_engagement.answers.insight.rating_shape import PostRating, RatedAge
from civitai_engagement.answers.insight.settled import (
    ALL,
    EQUAL_AGE,
    NOTE,
    SETTLED_TOTALS,
    kind_of,
    settled_rating,
    settled_words,
)
from civitai_engagement.answers.recorded.waiting import what_to_do
from civitai_engagement.civitai.urls import post_url
from civitai_engagement.errors import NotFound
from civitai_engagement.records.curves import Brief, Scope
from civitai_engagement.records.filters import Subject
from civitai_engagement.sources import Sources

# The newest posts of a creator that it is compared with.
MOST = 400
LEVEL = (
    "The interval says how well the typical post of its time is known (95 %), a level that may be moving included; it "
    "does not say why this one differs."
)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Peer:
    """Another post: its type, and when it came out and what was seen of it, or why nothing is known."""

    kind: str
    published_at: datetime | None
    seen: Sequence[CurvePoint] | NotObserved

    def at(self, hours: float) -> float | NotObserved:
        return self.seen if isinstance(self.seen, NotObserved) else sampled_at(self.seen, hours)


@dataclass(frozen=True)
class PeersAtAge:
    """The post and its peers at one age: what they had, and why it is not known of some.

    `against` is the type of the peers; so many of `other_types` were observed there too.
    """

    age: timedelta
    value: float
    against: str
    born: datetime
    peers: Sequence[OtherPost]
    missing: Sequence[NotObserved]
    other_types: int = 0

    @cached_property
    def rating(self) -> tuple[Rating, Level] | NotEnough:
        return rate_in_time(self.value, self.peers)

    def span(self, level: Level) -> tuple[datetime, datetime]:
        """Give when the first and the last of the posts compared came out."""
        days = [one.days for one in level.others]
        return self.born + min(days) * DAY, self.born + max(days) * DAY


async def rate_post(sources: Sources, post_id: int) -> PostRating:
    """Rate a post against its creator's others at equal age.

    Raises:
        NotFound: Nothing of it is stored.
        StoreDown: The database is not reachable, or still starting.
    """
    async with sources.store.reading() as ledger:
        briefs = await ledger.curves.briefs(Scope(posts=(post_id,)), limit=1)
        if not briefs:
            way = "record_civitai_post keeps it and begins its history; fetch_civitai_post_assets shows it now."
            hint = await what_to_do(ledger, sources.clock.now(), Subject(post_id=post_id), way)
            raise NotFound(f"Nothing of post {post_id} is stored.", hint=hint)
        creator = briefs[0].username
        others = await ledger.curves.briefs(Scope(creator=creator), limit=MOST + 1) if creator else []
        drawn = await draw(ledger, [briefs[0], *(one for one in others if one.id != post_id)])
    rating = await asyncio.to_thread(_answer, drawn[0], drawn[1 : MOST + 1])
    return rating.model_copy(update={"url": post_url(post_id, site=sources.settings.civitai_base_url)})


def _answer(post: Drawn, others: Sequence[Drawn]) -> PostRating:
    """Rate at equal age; before that can be done, tell how it stands among settled totals."""
    rating, settled = _at_equal_age(post, others), settled_rating(post.brief, [one.brief for one in others])
    if settled is None:
        return rating
    if rating.rated is not None:
        return rating.model_copy(update={"settled": settled})
    told = {"summary": settled_words(post.brief, settled), "notes": [NOTE, *rating.notes], "against": SETTLED_TOTALS}
    return rating.model_copy(update={"settled": settled, **told})


def rated_best(post: Drawn, others: Sequence[Drawn]) -> RatedAge | None:
    """Rate at the greatest age with enough others alone: what a list tells of each of its posts."""
    if isinstance(post.curve, NotObserved):
        return None
    peers = [_peer(one) for one in others]
    told = (_at(age, post, peers) for age in ages_of(post.curve, STANDARD_AGES))
    best = next((one for one in told if len(one.peers) >= FEWEST), None)
    return _rated(best) if best else None


def _at_equal_age(post: Drawn, others: Sequence[Drawn]) -> PostRating:
    if isinstance(post.curve, NotObserved):
        return _unrated(post, post.curve)
    peers = [_peer(one) for one in others]
    told = [_at(age, post, peers) for age in ages_of(post.curve, STANDARD_AGES)]
    best = next((one for one in told if len(one.peers) >= FEWEST), told[0] if told else None)
    if best is None:
        return _unrated(post, NotObserved("it was not observed after its publication"))
    return PostRating(
        summary=_summary(post.brief, best),
        as_of=utc(post.brief.as_of or post.brief.confirmed_at),
        notes=_notes(post, others, best),
        post=str(post.brief.id),
        creator=clean(post.brief.username, 60),
        rated=_rated(best) if len(best.peers) >= FEWEST else None,
        **({"against": EQUAL_AGE} if len(best.peers) >= FEWEST else {}),
        by_age=[_rated(one) for one in told],
        left_out=reasons(best.missing),
    )


def _peer(one: Drawn) -> Peer:
    seen = one.curve if isinstance(one.curve, NotObserved) else one.curve.points()
    return Peer(kind_of(one.brief), one.brief.published_at, seen)


def _at(age: timedelta, post: Drawn, peers: Sequence[Peer]) -> PeersAtAge:
    """Set the post beside its peers of the same type where there are enough of them at that age, else beside all."""
    assert isinstance(post.curve, Curve)  # noqa: S101 # a post without a curve has no ages
    value = read_off(post.curve.points(), age / HOUR)
    assert not isinstance(value, NotObserved)  # noqa: S101 # its ages are those it was observed at
    own, born = kind_of(post.brief), post.curve.published_at
    found = [(peer, peer.at(age / HOUR)) for peer in peers]
    known = [(peer.kind, _other(peer, one, born)) for peer, one in found if not isinstance(one, NotObserved)]
    same = [one for kind, one in known if kind == own]
    if len(same) >= FEWEST:
        missing = [one for peer, one in found if peer.kind == own and isinstance(one, NotObserved)]
        return PeersAtAge(age, value, own, born, same, missing, len(known) - len(same))
    missing = [one for _, one in found if isinstance(one, NotObserved)]
    return PeersAtAge(age, value, ALL, born, [one for _, one in known], missing)


def _other(peer: Peer, value: float, born: datetime) -> OtherPost:
    assert peer.published_at is not None  # noqa: S101 # nothing without a date was seen at an age
    return OtherPost((peer.published_at - born) / DAY, value)


def _rated(one: PeersAtAge) -> RatedAge:
    seen = RatedAge(age=spoken_age(one.age), against=one.against, count=round(one.value), n=len(one.peers))
    if isinstance(one.rating, NotEnough):
        return seen
    rating, level = one.rating
    numbers = {"ratio": rating.ratio, "low": rating.low, "high": rating.high, "typical": rating.baseline.median}
    rounded = {name: three_figures(number) for name, number in numbers.items()}
    since, until = map(utc, one.span(level))
    told = {"n": rating.baseline.n, "beaten": rating.beaten, "since": since, "until": until, "moves": level.moves}
    return seen.model_copy(update=rounded | told)


def _summary(post: Brief, one: PeersAtAge) -> str:
    at, has = spoken_age(one.age), engagement(one.value)
    who = clean(post.username, 60) or "the creator"
    if isinstance(one.rating, NotEnough):
        return f"Post {post.id} has {has} at {at} of age; {one.rating} to say what is typical of {who} at that age."
    rating, level = one.rating
    kind = "post" if one.against == ALL else f"{one.against} post"
    others = f"{rating.beaten} of {count(rating.baseline.n, 'other post')} had less"
    if rating.ratio is None:
        few = f"under one ({figures(level.typical)}), too few for a ratio" if level.typical else "none"
        return f"Post {post.id} has {has} at {at}, where {who}'s typical {kind} has {few}; {others}."
    between = _between(rating, one, level)
    return (
        f"Post {post.id} has {_as_often(rating.ratio)} {who}'s typical {kind} at {at} ({between}): {has} against "
        f"{_against(rating, level)}; {others}."
    )


def _between(rating: Rating, one: PeersAtAge, level: Level) -> str:
    since, until = (f"{instant:%Y-%m-%d}" for instant in one.span(level))
    when = f"of {since}" if since == until else f"of {since} to {until}"
    return f"{_times(rating.low)} to {_times(rating.high)}, from {count(rating.baseline.n, 'post')} {when}"


def _against(rating: Rating, level: Level) -> str:
    """Name the median, or the level where it moves: then no single number is typical of all."""
    typical = figures(rating.baseline.median)
    return f"a level of {typical} at its time, which moves" if level.moves else f"a median of {typical}"


def _as_often(ratio: float) -> str:
    return "as many as" if f"{ratio:.2g}" == "1" else f"{_times(ratio)} times"


def _times(ratio: float | None) -> str:
    return "any number" if ratio is None else f"{ratio:.2g}" if ratio < 10 else f"{ratio:,.0f}"


def _notes(post: Drawn, others: Sequence[Drawn], best: PeersAtAge) -> list[str]:
    told = {
        OBSERVED: True,
        SAMPLED: len(best.peers) >= FEWEST,
        LEVEL: len(best.peers) >= FEWEST,
        _whom(kind_of(post.brief), best): best.against == ALL or best.other_types > 0,
        _beyond(best): bool(_beyond(best)),
        f"Compared with the newest {MOST} posts only.": len(others) >= MOST,
        "Its creator is not known, so there is nothing to compare it with.": post.brief.username is None,
    }
    said = [note for note, holds in told.items() if holds]
    missing = left_out(reasons(best.missing), "other post")
    return [*said, *filter(None, [missing]), *own_doubts(post, "This post"), *doubts(others, "other posts")]


def _beyond(one: PeersAtAge) -> str:
    """Say how many were left out because the level was another then."""
    if isinstance(one.rating, NotEnough) or len(one.rating[1].others) == len(one.peers):
        return ""
    farther = count(len(one.peers) - len(one.rating[1].others), "post")
    return f"The level of its creator's posts bends: {farther} further away in time left out."


def _whom(kind: str, one: PeersAtAge) -> str:
    compared = f"Compared at {spoken_age(one.age)} with"
    if one.against == ALL:
        return f"{compared} posts of every type: fewer than {FEWEST} {kind} posts were observed there."
    return f"{compared} {kind} posts only, not with {count(one.other_types, 'post')} of other types."


def _unrated(post: Drawn, why: NotObserved) -> PostRating:
    brief = post.brief
    has = engagement(brief.counters.total) if brief.counters else "no known counters"
    return PostRating(
        summary=f"Post {brief.id} has {has}, but cannot be rated: {why.reason}.",
        as_of=utc(brief.as_of or brief.confirmed_at),
        post=str(brief.id),
        creator=clean(brief.username, 60),
        rated=None,
        by_age=[],
        left_out={},
    )
