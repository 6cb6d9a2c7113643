"""What was measured, beside what is aimed at: as a table for people, as JSON for machines."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.report import table

BEGIN, END = "<!-- observatory: written by `python -m benchmarks.observatory` -->", "<!-- /observatory -->"
P95_AIM_MS = 300
MAX_AIM_MS = 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured, and the aim it has to keep within (or, with `at_least`, to reach), where there is one.

    >>> Figure("one image's curve", 1.3, "ms", aim=5).is_met
    True
    """

    name: str
    value: float
    unit: str = ""
    aim: float | None = None
    at_least: bool = False
    detail: str = ""

    @property
    def is_met(self) -> bool:
        if self.aim is None:
            return True
        return self.value >= self.aim if self.at_least else self.value <= self.aim

    @property
    def cells(self) -> list[str]:
        bound = "" if self.aim is None else f"{'at least' if self.at_least else 'at most'} {_plain(self.aim)}"
        met = "" if self.aim is None else "met" if self.is_met else "missed"
        return [self.name, f"{_plain(self.value)} {self.unit}".strip(), bound, met, self.detail]


@dataclass(frozen=True, slots=True)
class Latency:
    """How long a tool took to answer one kind of question, in milliseconds, and how long its text is."""

    tool: str
    question: str
    calls: int
    p50_ms: float
    p95_ms: float
    max_ms: float
    text_bytes: int

    @property
    def is_met(self) -> bool:
        return self.p95_ms <= P95_AIM_MS and self.max_ms <= MAX_AIM_MS

    @property
    def cells(self) -> list[str]:
        times = [f"{value:.1f}" for value in (self.p50_ms, self.p95_ms, self.max_ms)]
        met = "met" if self.is_met else "missed"
        return [self.tool, self.question, str(self.calls), *times, f"{self.text_bytes:,}", met]


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything measured in one run."""

    machine: Mapping[str, str | int]
    figures: Sequence[Figure]
    latencies: Sequence[Latency]

    def missed(self) -> list[str]:
        """Name the aims that were missed."""
        slow = [f"{one.tool} ({one.question})" for one in self.latencies if not one.is_met]
        return [one.name for one in self.figures if not one.is_met] + slow

    def as_text(self) -> str:
        machine = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        missed = self.missed()
        told = f"Aims missed: {', '.join(missed)}." if missed else "All aims are met."
        return "\n\n".join([f"Measured on: {machine}.", *self._tables(), told])

    def _tables(self) -> Iterable[str]:
        yield table(["what", "figure", "aim", "", "how"], [one.cells for one in self.figures])
        head = ["tool", "asked for", "calls", "p50 ms", "p95 ms", "max ms", "text bytes", "aim"]
        yield table(head, [one.cells for one in self.latencies])

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self) | {"missed": self.missed()}, indent=1) + "\n", encoding="utf-8")


def filled(page: str, text: str) -> str:
    """Put text between the marks of a page.

    Raises:
        ValueError: The page has no marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no place between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
