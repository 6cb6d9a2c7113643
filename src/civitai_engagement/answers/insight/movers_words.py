"""The sentence and the notes about movers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from civitai_engagement.analysis.movers import By, Movement
from civitai_engagement.answers.answer import (
    count,
    engagement,
    figures,
    times,
)
from civitai_engagement.answers.insight.doubts import doubts
from civitai_engagement.answers.insight.movers_found import CANDIDATES, FoundMovers
from civitai_engagement.answers.insight.movers_shape import Mover, MoverOptions
from civitai_engagement.records.curves import Scope

RANKED = {By.GAIN: "by gain", By.PER_HOUR: "by pace", By.AGE: "by age"}


def movers_summary(movers: Sequence[Mover], found: FoundMovers, options: MoverOptions) -> str:
    number = count(found.rising.number, options.of.thing)
    if not movers:
        why = _counted(found.unranked(options.by) + found.untold)
        return f"Of {number} that gained in the last {options.span} none is ranked {RANKED[options.by]}: {why}."
    also = f"{number} gained in the last {options.span}"
    first = movers[0]
    whose = f" by {first.creator}" if first.creator else ""
    pace = "" if first.per_hour is None else f", {figures(first.per_hour)} an hour"
    gained = f"{engagement(first.gain)} in {_spoken(first.hours)}{pace}"
    name = f"{options.of.thing.capitalize()} {first.id}{whose}"
    if options.by is By.AGE:
        expected = "" if first.times_expected is None else f", {times(first.times_expected, 'the expected')}"
        among = f" among the {CANDIDATES} that gained most" if found.is_capped else ""
        return f"{name} moved most for its age{among}{expected}: {gained}; {also}."
    most = "fastest" if options.by is By.PER_HOUR else "most"
    return f"{name} gained {most}: {gained}; {also}."


def _counted(reasons: Mapping[str, int]) -> str:
    return "; ".join(f"{why} ({number:,})" for why, number in reasons.items())


def _spoken(hours: float) -> str:
    number, unit = (figures(hours), "hour") if hours >= 1 else (figures(60 * hours), "minute")
    return f"{number} observed {unit if number == '1' else f'{unit}s'}"


HOURS = (
    "A gain is what was first seen in the window, all of it where it was published in it; hours says how much of that "
    "was observed."
)


EXPECTED = (
    "x expected is against how the creator's posts usually grow from one age to the next (of fewer than 10: how "
    "others do too); from 10 before the window on, where 1 or more is expected."
)


OWN = "x own usual is against the median gain of the creator's others between the same ages, from 10 of them on."
STRANGERS = "Sampled strangers are left out; name a creator to see theirs."


def movers_notes(found: FoundMovers, movers: Sequence[Mover], options: MoverOptions, scope: Scope) -> list[str]:
    few, thing = sum(one.own_n is not None and one.times_own is None for one in movers), options.of.thing
    most = "fastest" if options.by is By.PER_HOUR else "most"
    old = " of those that were out before" if options.by is By.AGE else ""
    untold, unranked = found.untold, found.unranked(options.by)
    unexpected = Counter({} if options.by is By.AGE else _unexpected(found, movers))
    said = {
        HOURS: True,
        EXPECTED: any(one.times_expected is not None for one in movers),
        OWN: any(one.times_own is not None for one in movers),
        f"{count(few, thing)} without a usual: too few others were observed at the same ages.": few,
        f"Without x expected: {_counted(unexpected)}.": unexpected,
        **{f"{count(number, thing)} not told: {why}.": movers for why, number in untold.items()},
        **{
            f"{count(number, thing)} not ranked {RANKED[options.by]}: {why}.": movers
            for why, number in unranked.items()
        },
        f"Ranked are the {CANDIDATES} that gained {most}{old}.": found.is_capped,
        STRANGERS: scope.creator is None,
    }
    shown = {one.id for one in movers}
    return [
        *(note for note, holds in said.items() if holds),
        *doubts([one for one in found.drawn if str(one.brief.id) in shown]),
    ]


def _unexpected(found: FoundMovers, movers: Sequence[Mover]) -> Iterable[str]:
    """Give the reason of each that is told without what was to be expected."""
    told = (found.movements[int(one.id)] for one in movers)
    return [one.times_expected.reason for one in told if isinstance(one, Movement) and one.times_expected.reason]
