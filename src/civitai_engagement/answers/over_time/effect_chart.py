"""The answer of `chart_engagement` by effect: ratios and their intervals, as a picture and as rows."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from civitai_engagement.answers.answer import count
from civitai_engagement.answers.over_time.chart import EFFECT, EngagementChart
from civitai_engagement.answers.why.effect_rows import CONTRASTS, EffectRow
from civitai_engagement.answers.why.parameter_effects import EffectOptions, ParameterEffects, parameter_effects
from civitai_engagement.charts import DrawnEffect, EffectChart, Estimate, draw_effects
from civitai_engagement.charts.effects import MOST_BARS
from civitai_engagement.errors import BadSetup
from civitai_engagement.records.findings import NAMING, Measure
from civitai_engagement.sources import Sources

PER = (CONTRASTS[Measure.DOUBLING], CONTRASTS[Measure.UNIT])
TOLD = "times the same creator's other media (95 %); filled: named, open: cannot be told from chance"
BESIDE = "; squares: other creators'"


@dataclass(frozen=True, slots=True)
class PlottedEffects:
    """What a picture of effects is drawn from, and the answer that tells the same in rows."""

    chart: EffectChart
    answer: EngagementChart


async def charted_effects(sources: Sources, question: EffectOptions) -> EngagementChart:
    """Draw what goes with reactions; where nothing can be drawn, the rows and a note why.

    Raises:
        BadSetup: What computes it is not installed.
        NotFound: Nothing of the creator is stored.
        StoreDown: The database is not reachable, or still starting.
    """
    made = await plotted_effects(sources, question)
    try:
        return made.answer.with_picture(await asyncio.to_thread(draw_effects, made.chart))
    except BadSetup as error:
        return made.answer.model_copy(update={"notes": [*made.answer.notes, f"There is no picture. {error}"]})


async def plotted_effects(sources: Sources, question: EffectOptions) -> PlottedEffects:
    """Find the effects; raises as `charted_effects` does."""
    return plot_of(await parameter_effects(sources, replace(question, limit=MOST_BARS)))


def plot_of(found: ParameterEffects) -> PlottedEffects:
    """Make picture and answer of effects: what has no number has no bar."""
    rows = [one for one in found.rows if one.ratio is not None or one.others]
    whose = f" of {found.of.creator}" if found.of.creator else ""
    chart = EffectChart(
        f"What goes with the reactions{whose}",
        f"Reactions at {found.of.at_age}, {TOLD}{BESIDE if found.of.others else ''}",
        tuple(map(_bar, rows)),
        datetime.fromisoformat(found.as_of) if found.as_of else None,
        tuple(found.notes),
    )
    answer = EngagementChart(
        summary=found.summary,
        as_of=found.as_of,
        notes=[*_without(found.rows, rows), *found.notes],
        by=EFFECT,
        counter="reactions",
        lines=[],
        effects=rows,
    )
    return PlottedEffects(chart, answer)


def _without(every: Sequence[EffectRow], drawn: Sequence[EffectRow]) -> list[str]:
    left = len(every) - len(drawn)
    return [f"{count(left, 'thing')} without a number not drawn: find_parameter_effects tells why."] if left else []


def _bar(one: EffectRow) -> DrawnEffect:
    label = f"{one.what}, {one.contrast}" if one.contrast in PER else one.what
    return DrawnEffect(label, _estimate([one.ratio, one.low, one.high]), one.verdict in NAMING, _estimate(one.others))


def _estimate(figure: Sequence[float | None] | None) -> Estimate | None:
    known = [one for one in figure or () if one is not None]
    return Estimate(*known) if len(known) == 3 else None
