"""What deserves a doubt in what was observed, in the words all answers over curves share."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from civitai_engagement.analysis.unknown import NotObserved
from civitai_engagement.answers.answer import count
from civitai_engagement.answers.insight.curves import Drawn

COUNTED = "Counted are reactions (like, heart, laugh, cry) and comments; dislikes are always 0 upstream."
OBSERVED = f"{COUNTED} A count at an age is observed, or read between two close observations."
SAMPLED = "What is typical at an age is read off the line between any two looks at a post, the first of them early."

_BEFALLEN: dict[str, Callable[[Drawn], bool]] = {
    "had reactions withdrawn or corrected: their counts can fall": lambda one: one.steps.falls > 0,
    "have times without observation: unknown, not zero": lambda one: one.steps.gaps > 0,
    "have media that are gone from Civitai: their last counts are carried on": lambda one: one.brief.missing > 0,
    "have media whose counters are not known, which are not in the sums": lambda one: one.brief.known < one.brief.media,
    "have media first seen late: what those had then is in the counts from there on, and came at an unknown time": (
        lambda one: one.steps.joined > 0
    ),
}


def not_observed(one: NotObserved) -> str:
    """Say why there is no number, and what the observations around it still allow."""
    if one.low is None:
        return one.reason
    if one.high is None:
        return f"{one.reason}: at least {one.low:,.0f}"
    return f"{one.reason}: {one.low:,.0f} to {one.high:,.0f}"


def doubts(drawn: Sequence[Drawn], whose: str = "") -> list[str]:
    """Name what happened to the posts or media on the way that numbers about them may suffer from."""
    told = {what: sum(map(is_so, drawn)) for what, is_so in _BEFALLEN.items()}
    return [f"{number} of {len(drawn)}{whose and f' {whose}'} {what}." for what, number in told.items() if number]


def own_doubts(one: Drawn, name: str) -> list[str]:
    """Name what happened to one post or media."""
    return [f"{name} {what.replace('have ', 'has ', 1)}." for what, is_so in _BEFALLEN.items() if is_so(one)]


def reasons(missing: Iterable[NotObserved]) -> dict[str, int]:
    """Count why numbers are missing that something typical was to be taken from; ages are left out of the reasons."""
    return dict(Counter(_kind(one.reason) for one in missing).most_common())


def _kind(reason: str) -> str:
    if reason.startswith("last observed"):
        return "not observed up to that age"
    return "first looked at too late" if reason.startswith("nothing was observed between") else reason


def left_out(missing: dict[str, int], thing: str = "post") -> str | None:
    """Say how many were left out and why; None where none was."""
    if not missing:
        return None
    why = ", ".join(f"{number} {reason}" for reason, number in missing.items())
    return f"{count(sum(missing.values()), thing)} left out: {why}."
