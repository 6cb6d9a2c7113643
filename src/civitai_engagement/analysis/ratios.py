"""What a set of counters says of the tone and depth of its engagement."""

from dataclasses import dataclass

from civitai_engagement.records.media import Counters


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio, or the reason why there is none.

    >>> positive_ratio(Counters(like=6, heart=2, laugh=0, cry=2, dislike=0, comment=1))
    Ratio(value=0.8, reason=None)
    """

    value: float | None
    reason: str | None = None


def positive_ratio(totals: Counters | None) -> Ratio:
    """Give the share of reactions that are positive: (like + heart + laugh) / (like + heart + laugh + cry).

    From 0 to 1. The engagement guide's measure, with dislikes, which Civitai no longer counts, left out.
    """
    if totals is None:
        return _UNKNOWN
    return _per_reaction(totals.like + totals.heart + totals.laugh, totals)


def discussion_depth(totals: Counters | None) -> Ratio:
    """Give comments per reaction: comment / (like + heart + laugh + cry).

    From 0 up; above 1 people talk more than they react. The engagement guide's measure.
    """
    if totals is None:
        return _UNKNOWN
    return _per_reaction(totals.comment, totals)


def controversy(totals: Counters | None) -> Ratio:  # noqa: ARG001 - asked like its siblings, answered by none
    """Give no number: the engagement guide sets dislikes against likes, and Civitai's dislike count is always 0."""
    return Ratio(None, "Civitai no longer counts dislikes")


_UNKNOWN = Ratio(None, "no counters are known")


def _per_reaction(part: int, totals: Counters) -> Ratio:
    return Ratio(part / totals.reactions) if totals.reactions else Ratio(None, "there are no reactions yet")
