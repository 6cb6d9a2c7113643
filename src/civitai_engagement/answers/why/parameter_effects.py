"""The answer of `find_parameter_effects`: what goes with reactions, and what these data cannot say."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from civitai_engagement.answers.answer import Answer, clean, oldest, utc
from civitai_engagement.answers.why.effect_rows import (
    Beside,
    EffectRow,
    effect_lines,
    effect_row,
    in_order,
    triple,
)
from civitai_engagement.answers.why.effect_words import HIDDEN, effect_doubts, of_all, of_one
from civitai_engagement.answers.why.experiment import Experiment, experiment_of
from civitai_engagement.answers.why.studied_media import (
    PARAMETERS,
    MadeQuestion,
    StudiedCounts,
    StudiedMedia,
    modelling,
    others_of,
    read_notes,
    studied,
    weighed,
)
from civitai_engagement.records.findings import EffectVerdict, FoundEffect, FoundEffects
from civitai_engagement.sources import Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectOptions(MadeQuestion):
    """What is asked: of one creator beside others or of all, `parameters` alone or all."""

    parameters: tuple[str, ...] = ()

    def wants(self, name: str) -> bool:
        return not self.parameters or any(name.lower().startswith(one.lower()) for one in self.parameters)


class ParameterEffects(Answer):
    """`rows` are what was asked for, the surest first; `not_shown` counts the rest by verdict."""

    of: StudiedCounts
    rows: list[EffectRow]
    not_shown: dict[str, int]
    experiment: Experiment = Experiment(words="")

    def _lines(self) -> list[str]:
        thirds = [one.thirds_line() for one in self.rows if one.thirds]
        rest = f"not shown: {', '.join(f'{n} {what}' for what, n in self.not_shown.items())}" if self.not_shown else ""
        return [*effect_lines(self.rows), *thirds, *filter(None, [rest, self.experiment.words])]


async def parameter_effects(sources: Sources, question: EffectOptions) -> ParameterEffects:
    """Say what goes with reactions.

    Raises:
        BadSetup: What computes it is not installed.
        BadInput: The media asked about were all found by their success.
        NotFound: Nothing of the creator is stored.
        StoreDown: The database is not reachable, or still starting.
    """
    modelling()
    own = await studied(sources, question.scope(), question.hours, PARAMETERS)
    others = await others_of(sources, own, PARAMETERS)
    return await asyncio.to_thread(answer_of, question, own, others)


def answer_of(question: EffectOptions, own: StudiedMedia, others: StudiedMedia | None) -> ParameterEffects:
    """Answer from media that were read; the models are asked here."""
    found = own.effects()
    beside = others.effects() if others else None
    rows = in_order(list(_beside(question, found, beside)))
    shown, whose = rows[: question.limit], clean(question.creator or "All", 60)
    more = {"experiment": experiment_of(own.rows)} if question.creator else {}
    return ParameterEffects(
        summary=of_one(whose, found, beside) if question.creator else of_all(found, f"{question.hours} h"),
        as_of=utc(oldest(one.as_of for one in (own, others) if one)),
        notes=[
            *effect_doubts(question.parameters, found, is_own=question.creator is not None),
            *read_notes(own, whose),
            *(read_notes(others, "Others") if others else ()),
        ],
        of=own.counts(found, others.counts(beside) if others and beside else None),
        rows=[effect_row(one, _together(one)) for one in shown],
        not_shown=_tally(rows[question.limit :]),
        **more,
    )


def _beside(question: EffectOptions, own: FoundEffects, others: FoundEffects | None) -> Iterator[Beside]:
    """Put rows of the same name together; of others' alone what is named is of use to one who does not do it yet."""
    beside = {one.name: one for one in others.rows} if others else {}
    for one in own.rows:
        if _is_shown(question, one):
            yield Beside(one, beside.get(one.name))
    names = {one.name for one in own.rows}
    for one in beside.values():
        if one.is_named and one.name not in names and _is_shown(question, one):
            yield Beside(None, one)


def _is_shown(question: EffectOptions, one: FoundEffect) -> bool:
    return question.wants(one.name) and (one.parameter != HIDDEN or HIDDEN in question.parameters)


def _together(one: Beside) -> tuple[float, float, float] | None:
    """Weigh a creator's own figure and others' by how sure each is of this creator."""
    own, others = triple(one.own), triple(one.others)
    if own is None or others is None or one.others is None or one.others.spread is None:
        return None
    return weighed(own, others, one.others.spread)


def _tally(rows: Sequence[Beside]) -> dict[str, int]:
    """Count what is not shown, by verdict."""
    said = (one.own.verdict if one.own else EffectVerdict.SHORT for one in rows)
    return dict(Counter(verdict.value for verdict in said).most_common())
