"""What the drills saw: printed, and kept on the page that tells of them."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "drills.md"
BEGIN, END = "<!-- reports: begin -->", "<!-- reports: end -->"


@dataclass
class Reports:
    """The figures of each drill that ran.

    >>> reports.tell("Soak", ticks=369, faults={"busy": 5})
    """

    told: dict[str, dict[str, str]] = field(default_factory=dict)
    page: Path = PAGE
    command: str = "make drills"

    def tell(self, title: str, **figures: object) -> None:
        """Print what a drill has seen; `make drills` shows it."""
        self.told[title] = {name.replace("_", " "): _worded(value) for name, value in figures.items()}
        print(f"\n{title}. {'; '.join(map(': '.join, self.told[title].items()))}")  # noqa: T201 # the point of a drill

    def on_page(self, page: str, today: date) -> str:
        """Put the figures in the place of those the page had; a drill that did not run keeps what it saw before."""
        before, _, rest = page.partition(f"{BEGIN}\n")
        told, _, after = rest.partition(END)
        tables = {table.partition("\n")[0]: table.strip() for table in told.split("### ")[1:]}
        tables |= {title: self._table(title, figures, today) for title, figures in self.told.items()}
        return before + "\n\n".join([BEGIN, *(f"### {table}" for table in tables.values()), END]) + after

    def write(self) -> None:
        self.page.write_text(self.on_page(self.page.read_text(), datetime.now(UTC).date()))

    def _table(self, title: str, figures: Mapping[str, str], today: date) -> str:
        """Lay out what one drill saw, and when and where it did."""
        seen = f"Printed by `{self.command}` on {today:%d %B %Y}: {_machine()}."
        rows = [f"| {name} | {value} |" for name, value in figures.items()]
        return "\n".join([title, "", seen, "", "| figure | value |", "| --- | --- |", *rows])


def _worded(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_worded(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_worded, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
