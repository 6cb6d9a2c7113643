"""What is told of unusual things."""

from typing import Literal

from pydantic import BaseModel

from civitai_engagement.answers.answer import Answer, row


class UnusualFinding(BaseModel):
    """Something unusual: a burst, stall or loss from `start` to `end`, or a total far above or below at an age (`end`).

    `against` is what that was held against: its own curve, others at equal age, or the settled totals of others, which
    are never mixed. `value` was observed where `expected` was, `times` as much (null where that is 0); `n` others are
    what `expected` rests on, where it does. Of a loss `value` is what was taken back, less than 0.
    """

    kind: Literal["burst", "stall", "loss", "above", "below"]
    against: Literal["own curve", "equal age", "settled totals"]
    id: str
    creator: str | None
    start: str | None
    end: str
    value: float
    expected: float
    times: float | None
    n: int | None
    evidence: str


class NotJudged(BaseModel):
    """How many could not be judged, for what, and why."""

    what: Literal["bursts and stalls", "against others"]
    n: int
    reason: str


class UnusualThings(Answer):
    """Findings, strongest first: bursts and stalls, then the others; `left_out` are not told."""

    looked_at: int
    findings: list[UnusualFinding]
    left_out: int
    not_judged: list[NotJudged]

    def _lines(self) -> list[str]:
        found = [row(one.kind, one.id, one.creator, one.evidence) for one in self.findings]
        left = [f"({self.left_out} more: ask with a larger limit)"] if self.left_out else []
        unjudged = [f"not judged, {one.what}: {one.n}, {one.reason}" for one in self.not_judged]
        return [*(["kind|id|creator|evidence"] if found else []), *found, *left, *unjudged]
