"""What deserves a doubt in what was observed, in the words all answers over curves share."""

from collections import Counter
from collections.abc import Iterable, Sequence

from civitai_engagement.analysis.unknown import NotObserved
from civitai_engagement.answers.answer import count
from civitai_engagement.answers.curves import Drawn

COUNTED = (
    "Counted are reactions (like, heart, laugh, cry) and comments; dislikes are always 0 upstream. A count at an age "
    "is observed, or read between two close observations."
)


def not_observed(one: NotObserved) -> str:
    """Say why there is no number, and what the observations around it still allow."""
    if one.low is None:
        return one.reason
    if one.high is None:
        return f"{one.reason}: at least {one.low:,.0f}"
    return f"{one.reason}: {one.low:,.0f} to {one.high:,.0f}"


def doubts(drawn: Sequence[Drawn]) -> list[str]:
    """Name what happened to the posts or media on the way that numbers about them may suffer from."""
    fell = [one for one in drawn if one.steps.falls]
    holes = [one for one in drawn if one.steps.gaps]
    gone = [one for one in drawn if one.brief.missing]
    partial = [one for one in drawn if one.brief.known < one.brief.media]
    late = [one for one in drawn if one.steps.joined]
    said = {
        "had reactions withdrawn or corrected: their counts can fall": fell,
        "have times without observation: unknown, not zero": holes,
        "have media that are gone from Civitai: their last counts are carried on": gone,
        "have media whose counters are not known, which are not in the sums": partial,
        "have media first seen more than a day after the others: their first counts are a level, not a gain": late,
    }
    return [f"{len(who)} of {len(drawn)} {what}." for what, who in said.items() if who]


def reasons(missing: Iterable[NotObserved]) -> dict[str, int]:
    """Count why numbers are missing, most often first; ages and times are left out of the reasons."""
    return dict(Counter(_kind(one.reason) for one in missing).most_common())


def _kind(reason: str) -> str:
    if reason.startswith("last observed"):
        return "not observed up to that age"
    return "not observed close to that age" if reason.startswith("nothing was observed between") else reason


def left_out(missing: dict[str, int], thing: str = "post") -> str | None:
    """Say how many were left out and why; None where none was."""
    if not missing:
        return None
    why = ", ".join(f"{number} {reason}" for reason, number in missing.items())
    return f"{count(sum(missing.values()), thing)} left out: {why}."
