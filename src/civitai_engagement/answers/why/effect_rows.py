"""What goes with reactions, a line each: of many creators, or of one beside what others' media show."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from civitai_engagement.answers.answer import clean, figures, row, three_figures
from civitai_engagement.records.findings import EffectVerdict, FoundBand, FoundEffect, FoundModel, Measure

CONTRASTS = {
    Measure.DOUBLING: "a doubling",
    Measure.UNIT: "one more",
    Measure.FLAG: "with, not without",
    Measure.CHOICE: "against the others",
}
BLURRED = "sure in ordinary posts, blurred by runaway ones"
ORDER = (EffectVerdict.UNCERTAIN, EffectVerdict.ALIASED, EffectVerdict.SHORT)
HEAD = "what|contrast|times|from|to|q|verdict|posts with|without|creators|remark"
HEAD_BESIDE = (
    "what|contrast|times|from|to|q|verdict|posts with|without|others|from|to|they say|creators|together|from|to|remark"
)
LONGEST_NAME = 60
UNKNOWN = (None, None, None)


class EffectRow(BaseModel):
    """One thing asked: media with it have `ratio` times what the same creator's others have (95 % `low` to `high`).

    `posts` are those with it and without, `creators` who have both. `others` is the same of other creators' media, and
    `together` both weighed by how sure each is of this creator: ratio, low, high. `could_show` is the ratio that could
    just have been seen. `thirds` are [from, to, media, times the lowest third, low, high].
    """

    what: str
    contrast: str
    verdict: str
    posts: list[int]
    creators: int
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    q: float | None = None
    could_show: float | None = None
    others: list[float] | None = None
    others_verdict: str | None = None
    together: list[float] | None = None
    thirds: list[list[float | None]] | None = None
    remark: str | None = None

    def line(self, *, is_beside: bool) -> str:
        first = (self.what, self.contrast, self.ratio, self.low, self.high, self.q, self.verdict, *self.posts)
        if not is_beside:
            return row(*map(_cell, first), self.creators, self.remark or "")
        others, together = (value or UNKNOWN for value in (self.others, self.together))
        beside = (*others, self.others_verdict, self.creators, *together)
        return row(*map(_cell, (*first, *beside)), self.remark or "")

    def thirds_line(self) -> str:
        told = "; ".join(_third(*one) for one in self.thirds or ())
        return f"{self.what} by thirds: {told}"


def effect_lines(rows: Sequence[EffectRow]) -> list[str]:
    """Write rows under their head; of one creator with what others show beside."""
    is_beside = any(one.others for one in rows)
    head = HEAD_BESIDE if is_beside else HEAD
    return [head, *(one.line(is_beside=is_beside) for one in rows)] if rows else []


def _cell(value: object) -> object:
    return "-" if value is None else value


def _third(least: float | None, most: float | None, media: float | None, *ratio: float | None) -> str:
    times, low, high = ratio
    between = "" if low is None or high is None else f" ({figures(low)} to {figures(high)})"
    return f"{least:g} to {most:g} ({media:,.0f} media) x{figures(times or 0)}{between}"


@dataclass(frozen=True, slots=True)
class Beside:
    """One thing as one creator's media show it, and as others' do; either may be missing."""

    own: FoundEffect | None
    others: FoundEffect | None

    @property
    def either(self) -> FoundEffect:
        one = self.own or self.others
        assert one is not None  # noqa: S101 # there is no row of nothing
        return one


def in_order(rows: Sequence[Beside]) -> list[Beside]:
    """Put what is named first, then what others' media name, then the surer before the less sure."""
    return sorted(rows, key=_rank)


def _rank(one: Beside) -> tuple[int, float, str]:
    own, others = one.own, one.others
    if own and own.is_named:
        return (0, own.q or 0.0, own.name)
    if others and others.is_named:
        return (1, others.q or 0.0, others.name)
    verdict = own.verdict if own else EffectVerdict.SHORT
    return (2 + ORDER.index(verdict), (own.q if own and own.q is not None else 1.0), one.either.name)


def effect_row(one: Beside, together: tuple[float, float, float] | None) -> EffectRow:
    own, told = one.own, one.either
    verdict = verdict_of(own) if own else EffectVerdict.SHORT.value
    return _given(
        what=named(told.name),
        contrast=CONTRASTS[told.measure],
        verdict=verdict,
        posts=list(own.posts) if own else [0, 0],
        creators=(one.others or told).creators,
        ratio=three_figures(own.ratio) if own else None,
        low=three_figures(own.low) if own else None,
        high=three_figures(own.high) if own else None,
        q=_q(own.q) if own else None,
        could_show=three_figures(own.visible) if own else None,
        others=list(others) if (others := triple(one.others)) else None,
        others_verdict=verdict_of(one.others) if one.others else None,
        together=None if together is None else [three_figures(value) for value in together],
        thirds=[_of_band(band) for band in told.bands] or None,
        remark=BLURRED if own and own.is_blurred else None,
    )


def _given(**values: object) -> EffectRow:
    """Make a row of what is known: what is not is left out of its structure."""
    return EffectRow.model_validate({name: value for name, value in values.items() if value is not None})


def named(name: str) -> str:
    return clean(name, LONGEST_NAME).replace("|", "/")


def verdict_of(one: FoundEffect) -> str:
    return f"{one.verdict} {named(one.alias)}" if one.alias else one.verdict.value


def triple(one: FoundEffect | FoundModel | None) -> tuple[float, float, float] | None:
    if one is None or one.ratio is None or one.low is None or one.high is None:
        return None
    return three_figures(one.ratio), three_figures(one.low), three_figures(one.high)


def _q(share: float | None) -> float | None:
    return None if share is None else max(round(share, 3), 0.001)


def _of_band(band: FoundBand) -> list[float | None]:
    edges = (three_figures(band.least), three_figures(band.most))
    return [*edges, band.media, three_figures(band.ratio), three_figures(band.low), three_figures(band.high)]


def spoken(one: FoundEffect) -> str:
    """Say a row in a sentence: steps x1.28 a doubling (1.18 to 1.4).

    >>> spoken(found.rows[0])
    """
    contrast = {Measure.DOUBLING: " a doubling", Measure.UNIT: " each"}.get(one.measure, "")
    between = f"({figures(one.low or 0)} to {figures(one.high or 0)})"
    return f"{named(one.name)} x{figures(one.ratio or 0)}{contrast} {between}"
