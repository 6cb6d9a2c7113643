"""The figures as tables for people and as JSON for machines."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.footprint import Held, Size, Starts
from benchmarks.rounds import Comparison, Ratio

START_BOUND = 1.3
MEMORY_BOUND = 1.5
LEFT = 2  # leading columns that hold words


@dataclass(frozen=True, slots=True)
class Row:
    """One call over one transport, one at a time or many in flight."""

    case: str
    transport: str
    in_flight: int
    bound: float | None
    compared: Comparison

    @property
    def is_met(self) -> bool:
        return self.bound is None or self.compared.wall.median <= self.bound


@dataclass(frozen=True)
class Report:
    """Everything measured in one run."""

    machine: Mapping[str, str | int]
    rows: list[Row] = field(default_factory=list)
    starts: list[Starts] = field(default_factory=list)
    memory: list[Held] = field(default_factory=list)
    sizes: list[Size] = field(default_factory=list)

    def missed(self) -> list[str]:
        """Name what is above its bound."""
        calls = [f"{row.case} ({row.transport}, {row.in_flight} in flight)" for row in self.rows if not row.is_met]
        begun = [f"start ({one.era})" for one in self.starts if one.ratio.median > START_BOUND]
        held = [f"memory ({one.moment})" for one in self.memory if one.ratio > MEMORY_BOUND]
        return [*calls, *begun, *held]

    def as_text(self) -> str:
        machine = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        parts = [machine, _calls(self.rows), _starts(self.starts), _memory(self.memory), _sizes(self.sizes)]
        missed = self.missed()
        return "\n\n".join([*parts, f"Above their bounds: {', '.join(missed)}." if missed else "All bounds are met."])

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self) | {"missed": self.missed()}, indent=1) + "\n")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a Markdown table whose columns line up.

    >>> print(table(["call", "ms"], [["find", "1.0"]]))
    | call | ms  |
    | ---- | --- |
    | find | 1.0 |
    """
    cells = [list(head), *map(list, rows)]
    widths = [max(3, *(len(line[column]) for line in cells)) for column in range(len(head))]
    rule = ["-" * width for width in widths]
    lines = [cells[0], rule, *cells[1:]]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in lines
    )


def _bound(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _ratio(one: Ratio) -> str:
    return f"{one.median:.2f} ({one.lower:.2f} to {one.upper:.2f})"


def _calls(rows: Sequence[Row]) -> str:
    head = ["call", "over", "in flight", "ratio (quartiles)", "bound", "CPU ratio", "p50 ms", "bare", "p95 ms", "bare"]
    head += ["calls/s", "bare", "CPU ms", "bare", "bytes"]
    return table(head, [[row.case, row.transport, str(row.in_flight), *_cells(row)] for row in rows])


def _cells(row: Row) -> list[str]:
    one = row.compared
    pairs: list[tuple[str, Any, Any]] = [
        ("{:.2f}", one.ours.p50_ms, one.bare.p50_ms),
        ("{:.2f}", one.ours.p95_ms, one.bare.p95_ms),
        ("{:.0f}", one.ours.rate, one.bare.rate),
        ("{:.2f}", one.ours.cpu_ms, one.bare.cpu_ms),
    ]
    figures = [form.format(value) for form, *both in pairs for value in both]
    return [_ratio(one.wall), _bound(row.bound), f"{one.cpu:.2f}", *figures, f"{one.ours.size:,}"]


def _starts(rows: Sequence[Starts]) -> str:
    head = ["start to tools/list, era", "ratio (quartiles)", "bound", "ms", "bare"]
    lines = [
        [one.era, _ratio(one.ratio), _bound(START_BOUND), f"{one.ours_ms:.0f}", f"{one.bare_ms:.0f}"] for one in rows
    ]
    return table(head, lines)


def _memory(rows: Sequence[Held]) -> str:
    head = ["memory, MiB", "RSS ratio", "bound", "RSS", "bare", "PSS", "bare", "USS", "bare"]
    lines = [
        [
            one.moment,
            f"{one.ratio:.2f}",
            _bound(MEMORY_BOUND),
            *(
                f"{value:.0f}"
                for name in ("rss", "pss", "uss")
                for value in (getattr(one.ours, name), getattr(one.bare, name))
            ),
        ]
        for one in rows
    ]
    return table(head, lines)


def _sizes(rows: Sequence[Size]) -> str:
    head = ["answer", "text bytes", "tokens", "structured bytes", "tokens"]
    return table(
        head,
        [
            [one.call, f"{one.text:,}", f"{one.tokens[0]:,}", f"{one.structured:,}", f"{one.tokens[1]:,}"]
            for one in rows
        ],
    )
