"""The answer of `compare_posts`: posts or images side by side at equal age, never a young total with an old one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel

from civitai_engagement.analysis.alignment import STANDARD_AGES, Lead, greatest_shared_age, lead
from civitai_engagement.analysis.curves import HOUR, Curve, count_at, spoken_age
from civitai_engagement.analysis.shape import HalfLife, Shape, growth_shape, half_life
from civitai_engagement.analysis.unknown import NotObserved
from civitai_engagement.answers.answer import Answer, clean, count, engagement, every, oldest, row, times, utc
from civitai_engagement.answers.insight.curves import Drawn, draw
from civitai_engagement.answers.insight.doubts import OBSERVED, doubts, not_observed
from civitai_engagement.errors import BadInput, NotFound
from civitai_engagement.records.curves import Of, Scope
from civitai_engagement.sources import Sources

FEWEST, MOST = 2, 20
NEVER = "any age"
SHAPES = (
    "Shape: early had half of its 72 h total at 4 h, late had less than half of it at 24 h; half-life is of that total."
)
CHANCE = "A difference this small may be chance alone: counts scatter by about their root."


class ComparedPost(BaseModel):
    """One post (or image). `counts` are reactions and comments at the `ages` of the answer; null: not observed there.

    `not_observed` says why, and what the observations around it still allow. `seen_to` is the age it was last observed
    at, with `total` then. `half_life` is in hours, with the two observations it lies between.
    """

    id: str
    creator: str | None
    published_at: str | None
    seen_to: str | None
    total: int | None
    counts: list[int | None]
    shape: str | None = None
    half_life: list[float] | None = None
    not_observed: dict[str, str] = {}


class Ahead(BaseModel):
    """Which is ahead at one age, `ratio` times the next one's count (null: the next has none)."""

    age: str
    id: str
    count: int
    next_id: str
    next_count: int
    ratio: float | None


class ComparedPosts(Answer):
    """Rows by the asked age, most first; `ahead` there, and at the greatest age all have been observed at."""

    ages: list[str]
    ahead: list[Ahead]
    compared: list[ComparedPost]

    def _lines(self) -> list[str]:
        head = row("id", "creator", "published", "seen to", "total", *self.ages, "half-life h", "shape")
        missing = [f"{one.id} at {age}: {why}" for one in self.compared for age, why in one.not_observed.items()]
        return [head, *map(_line, self.compared), *missing]


def _line(one: ComparedPost) -> str:
    half = f"{one.half_life[0]:g} ({one.half_life[1]:g} to {one.half_life[2]:g})" if one.half_life else None
    known = (one.id, one.creator, one.published_at, one.seen_to, one.total)
    return row(*known, *one.counts, half, one.shape)


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """What is compared: posts, or images, at which age."""

    of: Of
    ids: tuple[int, ...]
    age: timedelta

    @property
    def ages(self) -> list[timedelta]:
        """List the standard ages and the asked one, in place of a standard age that is spoken alike."""
        return sorted({spoken_age(age): age for age in (*STANDARD_AGES, self.age)}.values())


async def compared_posts(sources: Sources, options: ComparisonOptions) -> ComparedPosts:
    """Compare two to twenty posts, or images, at equal ages.

    Raises:
        BadInput: Fewer or more are named.
        NotFound: Nothing of one of them is stored.
        StoreDown: The database is not reachable, or still starting.
    """
    if not FEWEST <= len(options.ids) <= MOST:
        hint = f"Pass {FEWEST} to {MOST} different posts, or as many images."
        raise BadInput(f"{count(len(options.ids), options.of.thing)} cannot be compared.", hint=hint)
    async with sources.store.reading() as ledger:
        briefs = await ledger.curves.briefs(Scope.naming(options.of, options.ids), of=options.of, limit=MOST)
        drawn = await draw(ledger, briefs, of=options.of)
    if missing := set(options.ids) - {one.brief.id for one in drawn}:
        names = ", ".join(map(str, sorted(missing)))
        hint = "History begins with the first look: record_civitai_post or watch_post, then the next collection."
        raise NotFound(f"Nothing is stored of {options.of.thing} {names}.", hint=hint)
    return await asyncio.to_thread(_answer, options, drawn)


def _answer(options: ComparisonOptions, drawn: Sequence[Drawn]) -> ComparedPosts:
    leads = _leads(options, drawn)
    rows = [_row(one, options.ages) for one in drawn]
    place = options.ages.index(options.age)
    rows.sort(key=lambda one: -1 if (known := one.counts[place]) is None else known, reverse=True)
    return ComparedPosts(
        summary=_summary(options, drawn, leads),
        as_of=utc(oldest(one.brief.as_of for one in drawn)),
        notes=_notes(drawn, rows, leads),
        ages=[spoken_age(age) for age in options.ages],
        ahead=[_ahead(one) for one in leads],
        compared=rows,
    )


def _leads(options: ComparisonOptions, drawn: Sequence[Drawn]) -> list[Lead]:
    """Give who is ahead at the asked age, and at the greatest age all were observed at."""
    curves = {one.brief.id: one.curve for one in drawn if isinstance(one.curve, Curve)}
    if len(curves) < len(drawn):
        return []
    greatest = greatest_shared_age(curves.values())
    ages = dict.fromkeys(age for age in (options.age, greatest) if age is not None)
    return [found for age in ages if (found := lead(curves, age))]


def _row(drawn: Drawn, ages: Sequence[timedelta]) -> ComparedPost:
    brief, curve = drawn.brief, drawn.curve
    whole = ComparedPost(
        id=str(brief.id),
        creator=clean(brief.username, 60),
        published_at=utc(brief.published_at),
        seen_to=None,
        total=brief.counters.total if brief.counters else None,
        counts=[None] * len(ages),
    )
    if isinstance(curve, NotObserved):
        return whole.model_copy(update={"not_observed": {NEVER: not_observed(curve)}})
    found = {spoken_age(age): count_at(curve, age) for age in ages}
    half, shape = half_life(curve), growth_shape(curve)
    update = {
        "seen_to": spoken_age(curve.points()[-1].hours * HOUR),
        "total": curve.changes[-1].total,
        "counts": [None if isinstance(one, NotObserved) else round(one) for one in found.values()],
        "not_observed": {age: not_observed(one) for age, one in found.items() if isinstance(one, NotObserved)},
    }
    if isinstance(half, HalfLife):
        update["half_life"] = [round(one / HOUR, 1) for one in (half.age, half.earliest, half.latest)]
    if isinstance(shape, Shape):
        update["shape"] = str(shape.pace)
    return whole.model_copy(update=update)


def _ahead(one: Lead) -> Ahead:
    return Ahead(
        age=spoken_age(one.age),
        id=str(one.first),
        count=round(one.count),
        next_id=str(one.second),
        next_count=round(one.next_count),
        ratio=None if one.ratio is None else round(one.ratio, 2),
    )


def _summary(options: ComparisonOptions, drawn: Sequence[Drawn], leads: Sequence[Lead]) -> str:
    several = count(len(drawn), options.of.thing)
    if not leads:
        return f"The {several} cannot be compared: there is no age at which all of them were observed."
    greatest = spoken_age(leads[-1].age)
    if leads[0].age != options.age:
        said = f"but all were at {greatest}: {_standing(options.of.thing, leads[0])}"
        return f"Not {every(len(drawn))} {options.of.thing}s were observed at {spoken_age(options.age)} of age, {said}."
    said = "; at ".join(f"{spoken_age(one.age)} {_standing(options.of.thing, one)}" for one in leads)
    return f"At {said} ({greatest} is the greatest age {every(len(drawn))} were observed at)."


def _standing(thing: str, one: Lead) -> str:
    first, second = f"{thing} {one.first}", f"{thing} {one.second}"
    if one.count == one.next_count:
        return f"{first} and {second} are level with {engagement(one.count)}"
    lead = "of the next, which has none" if one.ratio is None else f"with {times(one.ratio, 'the next')}"
    return f"{first} is ahead {lead}: {engagement(one.count)} against {one.next_count:,.0f} of {second}"


def _notes(drawn: Sequence[Drawn], rows: Sequence[ComparedPost], leads: Sequence[Lead]) -> list[str]:
    told = {
        OBSERVED: True,
        CHANCE: any(one.count != one.next_count and not one.is_clear for one in leads),
        SHAPES: any(one.shape for one in rows),
    }
    return [note for note, holds in told.items() if holds] + doubts(drawn)
