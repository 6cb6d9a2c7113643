"""The answer of `find_unusual`: bursts and stalls of a curve against itself, and posts far from the usual of theirs."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from civitai_engagement.analysis import unusual as windows
from civitai_engagement.analysis.baseline import FEWEST, Standing, standing
from civitai_engagement.analysis.curves import HOUR, Curve, CurvePoint, count_at, sampled_at, spoken_age
from civitai_engagement.analysis.unknown import NotObserved
from civitai_engagement.analysis.unusual import FEWEST_EXPECTED, Unusual, UnusualKind, Usual
from civitai_engagement.answers.answer import clean, figures, oldest, spoken, three_figures, utc
from civitai_engagement.answers.insight.curves import Drawn, draw
from civitai_engagement.answers.insight.settled import EQUAL_AGE, OLDER, SETTLED_TOTALS, settled_standing
from civitai_engagement.answers.insight.unusual_shape import UnusualFinding, UnusualThings
from civitai_engagement.answers.insight.unusual_words import (
    STEPWISE,
    Judged,
    JudgedScope,
    unjudged,
    unusual_notes,
    unusual_summary,
)
from civitai_engagement.answers.recorded.waiting import what_to_do
from civitai_engagement.errors import NotFound
from civitai_engagement.records.curves import Brief, Of, Scope
from civitai_engagement.records.filters import Subject
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger

LOOKED_AT = 80
# The oldest age at which enough others were observed as well is the one compared at.
AGES = tuple(hours * HOUR for hours in (720, 168, 72, 24, 4, 1))


async def find_unusual(sources: Sources, scope: Scope, *, of: Of = Of.POSTS, limit: int = 20) -> UnusualThings:
    """Look for what stands out, among the newest posts or images of a scope.

    One post or image is judged with the others of its creator beside it.

    Raises:
        NotFound: Nothing of it is stored.
        StoreDown: The database is not reachable, or still starting.
    """
    async with sources.store.reading() as ledger:
        briefs = await _briefs(ledger, scope, of)
        if not briefs:
            way = "watch_creator or watch_post begins to follow something, and looks at once."
            post = scope.posts[0] if scope.posts else None
            hint = await what_to_do(ledger, sources.clock.now(), Subject(post_id=post, creator=scope.creator), way)
            raise NotFound("Nothing is stored of what was asked for.", hint=hint)
        beside = await _beside(ledger, scope, briefs, of)
        drawn = await draw(ledger, list({one.id: one for one in (*briefs, *beside)}.values()), of=of)
    asked = JudgedScope({one.id for one in briefs}, of, _chosen(scope, len(briefs)))
    return await asyncio.to_thread(_found, drawn, asked, limit)


def _chosen(scope: Scope, number: int) -> str:
    if number < LOOKED_AT:
        return ""
    return "a sample over time of " if scope == Scope() else "the newest "


def _found(drawn: Sequence[Drawn], asked: JudgedScope, limit: int) -> UnusualThings:
    judged = [one for group in _by_creator(drawn) for one in _judged(group, asked.ids)]
    return _answer(judged, asked, limit)


async def _briefs(ledger: "Ledger", scope: Scope, of: Of) -> list[Brief]:
    return await ledger.curves.briefs(scope, of=of, limit=LOOKED_AT)


async def _beside(ledger: "Ledger", scope: Scope, briefs: Sequence[Brief], of: Of) -> list[Brief]:
    if scope.posts is None and scope.images is None:
        return []
    creators = {one.username.lower() for one in briefs if one.username}
    return [one for name in creators for one in await _briefs(ledger, Scope(creator=name), of)]


def _by_creator(drawn: Iterable[Drawn]) -> Iterator[list[Drawn]]:
    def name(one: Drawn) -> str:
        return (one.brief.username or "").lower()

    return (list(group) for _, group in groupby(sorted(drawn, key=name), key=name))


def _judged(group: Sequence[Drawn], asked: set[int]) -> list[Judged]:
    """Judge those asked for among all of one creator."""
    curves = {one.brief.id: one.curve for one in group if isinstance(one.curve, Curve)}
    usual = windows.learn(list(curves.values()))
    totals = _totals({number: curve.points() for number, curve in curves.items()})
    judged = [_judge(one, usual, totals) for one in group if one.brief.id in asked]
    briefs = [one.brief for one in group]
    return [replace(one, settled=_settled(one, briefs)) for one in judged]


def _settled(one: Judged, briefs: Sequence[Brief]) -> Standing | None:
    """Hold what cannot be compared at equal age against settled totals."""
    return settled_standing(one.drawn.brief, briefs) if isinstance(one.standing, str) else None


def _judge(one: Drawn, usual: Usual, totals: Mapping[timedelta, Mapping[int, float]]) -> Judged:
    if isinstance(one.curve, NotObserved):
        return Judged(one, [], one.curve.reason, one.curve.reason)
    return Judged(one, windows.unusual(one.curve, usual), _unjudged(one.curve, usual), _standing(one, totals))


def _unjudged(curve: Curve, usual: Usual) -> str | None:
    if curve.changes[-1].total < FEWEST_EXPECTED:
        return f"fewer than {FEWEST_EXPECTED} reactions and comments"
    if usual.stepwise:
        return STEPWISE
    if not windows.can_be_judged(curve, usual):
        return "too young, too quiet or looked at too seldom to expect a number of any hours"
    return None


def _totals(points: Mapping[int, Sequence[CurvePoint]]) -> dict[timedelta, dict[int, float]]:
    """Tell what each had at each age, for the others to be held against."""
    return {
        age: {
            number: total
            for number, seen in points.items()
            if not isinstance(total := sampled_at(seen, age / HOUR), NotObserved)
        }
        for age in AGES
    }


def _standing(drawn: Drawn, totals: Mapping[timedelta, Mapping[int, float]]) -> tuple[Standing, timedelta] | str:
    assert isinstance(drawn.curve, Curve)  # noqa: S101 # only what has a curve is compared
    number = drawn.brief.id
    for age, seen in totals.items():
        own = count_at(drawn.curve, age)
        if not isinstance(own, NotObserved) and len(seen) - (number in seen) >= FEWEST:
            found = standing(own, [total for other, total in seen.items() if other != number])
            assert isinstance(found, Standing)  # noqa: S101 # there are enough others
            return found, age
    return f"fewer than {FEWEST} others of its creator were observed at the same ages"


def _answer(judged: Sequence[Judged], asked: JudgedScope, limit: int) -> UnusualThings:
    moments = [(one, moment) for one in judged for moment in one.moments]
    compared = [(one, *one.standing) for one in judged if isinstance(one.standing, tuple)]
    far = sorted((each for each in compared if each[1].is_far), key=lambda each: -abs(each[1].score))
    settled = [(one, one.settled) for one in judged if one.settled and one.settled.is_far]
    findings = [
        *(_moment(one.drawn, moment) for one, moment in sorted(moments, key=lambda each: each[1].chance or 0)),
        *(_far(one.drawn, found, age) for one, found, age in far),
        *(_far_in_all(one.drawn, found) for one, found in sorted(settled, key=lambda each: -abs(each[1].score))),
    ]
    return UnusualThings(
        summary=unusual_summary(findings, judged, asked),
        as_of=utc(oldest(one.drawn.brief.as_of for one in judged)),
        notes=unusual_notes(judged),
        looked_at=len(judged),
        findings=findings[:limit],
        left_out=max(len(findings) - limit, 0),
        not_judged=unjudged(judged),
    )


def _moment(drawn: Drawn, one: Unusual) -> UnusualFinding:
    expected = three_figures(one.expected)
    times = _ratio(one.gained, expected)
    return UnusualFinding(
        kind=one.kind.value,
        against="own curve",
        **_whose(drawn),
        start=utc(one.start),
        end=utc(one.end),
        value=one.gained,
        expected=expected,
        times=times,
        n=None,
        evidence=_lost(one) if one.kind is UnusualKind.LOSS else _came(one, times),
    )


def _came(one: Unusual, times: float | None) -> str:
    did = f"{one.gained:,} gained" if one.gained >= 0 else f"{-one.gained:,} taken back"
    assert one.chance is not None  # noqa: S101 # only a loss has none
    return (
        f"{did} {_from_to(one)}, where {figures(one.expected)} were to be expected from the hours before and after"
        f"{_times(times)}; chance {_chance(one.chance)} for these hours alone"
    )


def _lost(one: Unusual) -> str:
    return f"{-one.gained:,} of {one.before:,} taken back {_from_to(one)}"


def _from_to(one: Unusual) -> str:
    return f"from {spoken(one.start)} to {spoken(one.end)}"


def _far(drawn: Drawn, one: Standing, age: timedelta) -> UnusualFinding:
    assert isinstance(drawn.curve, Curve)  # noqa: S101 # only what has a curve was compared
    value, expected = three_figures(one.value), three_figures(one.typical)
    times = _ratio(value, expected)
    return UnusualFinding(
        kind="above" if one.score > 0 else "below",
        against=EQUAL_AGE,
        **_whose(drawn),
        start=None,
        end=utc(drawn.curve.published_at + age),
        value=value,
        expected=expected,
        times=times,
        n=one.n,
        evidence=(
            f"{one.value:,.0f} at {spoken_age(age)} of age, where {one.n} others of its creator typically had "
            f"{figures(one.typical)}{_times(times)}"
        ),
    )


def _far_in_all(drawn: Drawn, one: Standing) -> UnusualFinding:
    value, expected = three_figures(one.value), three_figures(one.typical)
    times, seen_at = _ratio(value, expected), drawn.brief.as_of or drawn.brief.confirmed_at
    assert seen_at is not None  # noqa: S101 # a settled total was seen
    has = f"{one.value:,.0f} in all, where {one.n} others of its creator {OLDER} typically have {figures(one.typical)}"
    return UnusualFinding(
        kind="above" if one.score > 0 else "below",
        against=SETTLED_TOTALS,
        **_whose(drawn),
        start=None,
        end=utc(seen_at),
        value=value,
        expected=expected,
        times=times,
        n=one.n,
        evidence=f"{has}{_times(times)}",
    )


def _ratio(value: float, expected: float) -> float | None:
    """Divide the two numbers that are told, so that whoever divides them finds the same."""
    return three_figures(value / expected) if expected and value >= 0 else None


def _whose(drawn: Drawn) -> dict[str, Any]:
    return {"id": str(drawn.brief.id), "creator": clean(drawn.brief.username, 60)}


def _times(ratio: float | None) -> str:
    return f": {figures(float(f'{ratio:.2g}'))} times" if ratio else ""


def _chance(chance: float) -> str:
    return "under 1 in 10,000" if chance < 1e-4 else f"about 1 in {round(1 / chance):,}"
