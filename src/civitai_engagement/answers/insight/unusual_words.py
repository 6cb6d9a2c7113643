"""The sentence and the notes about unusual things."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from civitai_engagement.analysis.baseline import FAR, TWICE, Standing
from civitai_engagement.analysis.curves import spoken_age
from civitai_engagement.analysis.unusual import FEWEST_LOST, SHARE_LOST, Unusual
from civitai_engagement.answers.answer import count, figures, three_figures
from civitai_engagement.answers.insight.curves import Drawn
from civitai_engagement.answers.insight.doubts import doubts
from civitai_engagement.answers.insight.settled import NOTE
from civitai_engagement.answers.insight.unusual_shape import NotJudged, UnusualFinding
from civitai_engagement.records.curves import Of


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of one curve, and why nothing can be said of its hours, or of how it stands beside others."""

    drawn: Drawn
    moments: Sequence[Unusual]
    unjudged: str | None
    standing: tuple[Standing, timedelta] | str
    settled: Standing | None = None


@dataclass(frozen=True, slots=True)
class JudgedScope:
    """What is to be judged, and in words how it was chosen where not all was looked at."""

    ids: set[int]
    of: Of
    chosen: str


STEPWISE = "its creator's counters stand still and jump together, as when Civitai refreshes them seldom"
KINDS = {
    "burst": ("burst", "bursts"),
    "stall": ("stall", "stalls"),
    "loss": ("loss", "losses"),
    "above": ("far above its creator's usual", "far above their creator's usual"),
    "below": ("far below its creator's usual", "far below their creator's usual"),
}


def unusual_summary(findings: Sequence[UnusualFinding], judged: Sequence[Judged], asked: JudgedScope) -> str:
    of = asked.of
    able = [
        one for one in judged if one.moments or not (one.unjudged and isinstance(one.standing, str) and not one.settled)
    ]
    among = f"{asked.chosen}{count(len(judged), of.thing)} looked at"
    if not able:
        return f"Of {among} none can be judged yet."
    judgeable = "" if len(able) == len(judged) else f", of which {len(able)} could be judged"
    if not findings:
        return f"Nothing unusual in {among}{judgeable}{_furthest(judged, of)}."
    numbers = Counter[str](one.kind for one in findings)
    told = ", ".join(count(numbers[kind], *words) for kind, words in KINDS.items() if numbers[kind])
    first = findings[0]
    return f"{told} in {among}{judgeable}; strongest: {of.thing} {first.id}, {first.evidence}."


def _furthest(judged: Sequence[Judged], of: Of) -> str:
    """Name what is twice or half the usual and yet not unusual, since `rate_post` calls it so many times typical."""
    compared = [(*one.standing, one.drawn) for one in judged if isinstance(one.standing, tuple)]
    apart = [one for one in compared if one[0].ratio is not None and not 1 / TWICE < one[0].ratio < TWICE]
    if not apart:
        return ""
    one, age, drawn = max(apart, key=lambda each: abs(each[0].score))
    times = three_figures(one.value) / three_figures(one.typical)
    return (
        f"; the furthest, {of.thing} {drawn.brief.id}, has {figures(float(f'{times:.2g}'))} times the median of "
        f"{one.n} others at {spoken_age(age)}, but they differ as much: {abs(one.score):.1f} of the {FAR} robust "
        "deviations it takes"
    )


ITSELF = (
    "Bursts and stalls (reactions and comments): at least twice or at most half of 10 or more expected, from 4 h of "
    f"age on, and unlikely by chance; losses: {FEWEST_LOST} or more taken back, and {SHARE_LOST:.0%} of what was "
    "there. It is told when, not why."
)


BY_CHANCE = "By chance alone 1 to 3 of 100 curves that can be judged are flagged (measured with nothing planted)."
OTHERS = (
    "Above and below: totals at one age, at least twice or half the creator's median there and beyond "
    f"{FAR} robust standard deviations. rate_post tells how many times typical a post is, however much posts differ."
)


def unusual_notes(judged: Sequence[Judged]) -> list[str]:
    moments = [one for one in judged if one.moments or not one.unjudged]
    said = {
        ITSELF: moments,
        BY_CHANCE: moments,
        OTHERS: any(not isinstance(one.standing, str) for one in judged),
        NOTE: any(one.settled for one in judged),
    }
    return [*(note for note, holds in said.items() if holds), *doubts([one.drawn for one in judged])]


def unjudged(judged: Sequence[Judged]) -> list[NotJudged]:
    moments = Counter(one.unjudged for one in judged if one.unjudged)
    standing = Counter(one.standing for one in judged if isinstance(one.standing, str) and not one.settled)
    return [
        *(NotJudged(what="bursts and stalls", n=n, reason=reason) for reason, n in moments.most_common()),
        *(NotJudged(what="against others", n=n, reason=reason) for reason, n in standing.most_common()),
    ]
