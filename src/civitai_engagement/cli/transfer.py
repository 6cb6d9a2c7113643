"""`import` and `export` at a terminal: progress, a closing table, and a report of what became of each line."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from civitai_engagement.answers.answer import clean
from civitai_engagement.cli.tables import table
from civitai_engagement.cli.writing import written
from civitai_engagement.errors import BadInput
from civitai_engagement.library.importing.listing import read_list
from civitai_engagement.library.importing.older import OlderImport
from civitai_engagement.library.importing.outcome import LineOutcome, LineStatus, Tell
from civitai_engagement.library.importing.posts import ImportPlan, import_posts, plan_import, would_import
from civitai_engagement.records.cells import guarded
from civitai_engagement.runtime import Runtime
from civitai_engagement.store.legacy_import import OlderDatabase

BAD = {LineStatus.FAILED, LineStatus.UNTRIED}
KNOWN = {LineStatus.ALREADY, LineStatus.DUPLICATE}
SHOWN_REMARKS = 20
SHOWN_TEXT = 200


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How an import is to be done."""

    is_rehearsal: bool = False
    again: bool = False
    report: Path | None = None


@dataclass(slots=True)
class ImportTally:
    """Counts what became of the lines, and remembers the first that need a remark, failures before others."""

    statuses: Counter[LineStatus] = field(default_factory=Counter)
    failures: list[LineOutcome] = field(default_factory=list)
    remarks: list[LineOutcome] = field(default_factory=list)
    remarked: int = 0

    def tell(self, outcome: LineOutcome) -> None:
        self.statuses[outcome.status] += 1
        if outcome.remark and outcome.status not in KNOWN:
            self.remarked += 1
            kept = self.failures if outcome.status in BAD else self.remarks
            kept.extend([outcome] if len(kept) < SHOWN_REMARKS else [])

    @property
    def is_good(self) -> bool:
        return not any(self.statuses[status] for status in BAD)

    def show(self, console: Console) -> None:
        shown = [*self.failures, *self.remarks][:SHOWN_REMARKS]
        if shown:
            made = table("where", "given", "outcome", "remark")
            for one in shown:
                made.add_row(one.where, clean(one.given, SHOWN_TEXT), one.status, clean(one.remark, SHOWN_TEXT))
            console.print(made)
        if self.remarked > len(shown):
            console.print(f"and {self.remarked - len(shown):,} more; --report FILE keeps them all.")
        counted = ", ".join(f"{number:,} {status}" for status, number in sorted(self.statuses.items()))
        console.print(f"{counted or 'Nothing to import'}.")


async def import_list(runtime: Runtime, path: Path, options: ImportOptions) -> ImportTally:
    """Import the posts a file names."""
    _refuse_overwriting(path, options.report)
    lines = read_list(path, own_host=runtime.settings.civitai_host)
    stored = not options.is_rehearsal or _is_stored(runtime)
    plan = await plan_import(runtime, lines, again=options.again, stored=stored)
    with _told(options.report, len(lines), is_quiet=options.is_rehearsal) as (tally, tell):
        for one in plan.settled:
            tell(one)
        if options.is_rehearsal:
            _announce(plan)
            for one in would_import(plan):
                tell(one)
        else:
            await import_posts(runtime, plan.todo, tell)
    return tally


def _refuse_overwriting(path: Path, report: Path | None) -> None:
    if report and report.resolve() == path.resolve():
        raise BadInput("The report would overwrite the list.", hint="Name another file after --report.")


async def import_older(runtime: Runtime, url: str, schema: str | None, options: ImportOptions) -> ImportTally:
    """Import the database of the older server."""
    async with OlderDatabase.opened(url, schema=schema) as older:
        with _told(options.report, await older.size(), is_quiet=options.is_rehearsal) as (tally, tell):
            run = OlderImport(runtime, older, tell)
            await (run.rehearse(stored=_is_stored(runtime)) if options.is_rehearsal else run.run())
    return tally


def _is_stored(runtime: Runtime) -> bool:
    """Say whether there may be a database of ours, so that a rehearsal need not make one."""
    return runtime.settings.database is not None or runtime.settings.home.exists()


def _announce(plan: ImportPlan) -> None:
    takes = timedelta(seconds=round(plan.takes.total_seconds()))
    Console(stderr=True, highlight=False).print(
        f"Nothing was changed. {len(plan.todo):,} posts would be read with at least {plan.requests:,} requests, "
        f"which takes {takes} at the set pace.",
        soft_wrap=True,
    )


@contextmanager
def _told(report: Path | None, total: int | None, *, is_quiet: bool = False) -> Iterator[tuple[ImportTally, Tell]]:
    """Show progress and write the report while an import runs, so that a killed one has told what it did."""
    console = Console(stderr=True, highlight=False, markup=False)
    tally = ImportTally()
    with _written(report) as write, _bar(console, is_hidden=is_quiet) as progress:
        task = progress.add_task("Importing", total=total)

        def tell(outcome: LineOutcome) -> None:
            tally.tell(outcome)
            write(outcome)
            progress.advance(task)

        yield tally, tell
    tally.show(console)


def _bar(console: Console, *, is_hidden: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=is_hidden)


@contextmanager
def _written(report: Path | None) -> Iterator[Callable[[LineOutcome], None]]:
    if report is None:
        yield lambda _: None
        return
    with written(report, report) as file:
        yield _reporter(file)


def _reporter(file: TextIO) -> Tell:
    writer = csv.writer(file)
    writer.writerow(one.name for one in fields(LineOutcome))
    file.flush()  # what cannot be written is known before anything is imported

    def write(outcome: LineOutcome) -> None:
        writer.writerow(guarded(one) if isinstance(one, str) else one for one in astuple(outcome))
        file.flush()

    return write
