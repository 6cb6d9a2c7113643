"""`python -m studies` draws worlds, prints what was found and writes the table into docs/statistics.md."""

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from studies import bursts, changes, counts, hours, ratings, stack
from studies.findings import FULL, QUICK, Effort, Finding, as_table

PAGE = Path(__file__).parents[1] / "docs" / "statistics.md"
STUDIES: dict[str, Callable[[Effort], list[Finding]]] = {
    "counts": counts.study,
    "ratings": ratings.study,
    "changes": changes.study,
    "bursts": bursts.study,
    "hours": hours.study,
    "stack": stack.study,
}
BEGIN, END = "<!-- Made by `python -m studies`; do not edit. -->", "<!-- End of the table. -->"


def findings(effort: Effort, names: Sequence[str] = tuple(STUDIES)) -> Iterator[Finding]:
    for study in (STUDIES[name] for name in names):
        started = time.process_time()
        yield from study(effort)
        print(f"... {study.__module__}: {time.process_time() - started:.0f} s of the processor", file=sys.stderr)


def with_table(page: str, table: str) -> str:
    """Put a table between the marks of a page."""
    return re.sub(
        f"({re.escape(BEGIN)}).*({re.escape(END)})",
        lambda marks: f"{marks[1]}\n\n{table}\n\n{marks[2]}",
        page,
        flags=re.DOTALL,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m studies", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few worlds, nothing written: does it run at all?")
    parser.add_argument("--only", choices=STUDIES, nargs="+", help="some of the studies: printed, not written")
    given = parser.parse_args()
    table = as_table(list(findings(QUICK if given.quick else FULL, given.only or tuple(STUDIES))))
    print(table)
    if not given.quick and not given.only:
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), table), encoding="utf-8")


if __name__ == "__main__":
    main()
