"""`export` and `--output` at a terminal: rows to a file, which appears whole or not at all, or to standard output."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from rich.console import Console

from civitai_engagement.answers.answer import Answer, count, spoken
from civitai_engagement.answers.export.answered import sheet
from civitai_engagement.answers.export.column import Column
from civitai_engagement.answers.export.formats import CsvSink, JsonLinesSink, ParquetSink, Row, RowSink
from civitai_engagement.answers.export.snapshot import exporting
from civitai_engagement.answers.export.subjects import ExportSubject, Format
from civitai_engagement.cli.writing import refusing, written
from civitai_engagement.errors import BadInput
from civitai_engagement.inputs.named import creator_or_all, post_of
from civitai_engagement.inputs.times import instant
from civitai_engagement.records.filters import ExportFilter
from civitai_engagement.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Target:
    """Where an export goes, and how it is written; without a path to standard output.

    `apostrophes` guard other people's words in CSV.
    """

    format: Format
    path: Path | None
    apostrophes: bool = True

    def text(self, file: TextIO, columns: Sequence[Column]) -> RowSink:
        if self.format is Format.CSV:
            return CsvSink(file, columns, apostrophes=self.apostrophes)
        return JsonLinesSink(file, columns)


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Which rows, in the words of a person; None means any."""

    creator: str | None = None
    post: str | None = None
    since: str | None = None


async def export_to(runtime: Runtime, what: ExportSubject, wanted: ExportOptions, target: Target) -> None:
    """Write an export; says on standard error how much it was and of when."""
    if target.format is Format.PARQUET and target.path is None:
        raise BadInput("Parquet cannot go to standard output.", hint="Name a file with --output.")
    rows, chosen = 0, await _filter(wanted, runtime)
    async with exporting(runtime, what, chosen) as export:
        with _opened(target, export.columns, export.as_of) as sink:
            async for batch in export.batches:
                sink.write(batch)
                rows += len(batch)
    _say(f"{count(rows, 'row')} of {what} as of {spoken(export.as_of)}; all times are UTC.")


def target_of(path: Path) -> Target:
    """Read the format off a file's name.

    Raises:
        BadInput: It ends in none that is known.
    """
    try:
        return Target(Format(path.suffix.lower().removeprefix(".")), path)
    except ValueError as error:
        hint = "End it in .csv, .jsonl or .parquet."
        raise BadInput(f"{path} does not say which format to write.", hint=hint) from error


def write_answer(answer: Answer, target: Target) -> None:
    """Write the rows of an answer; says on standard error how many."""
    made = sheet(answer)
    with _opened(target, made.columns) as sink:
        if made.rows:
            sink.write(made.rows)
    _say(f"{count(len(made.rows), 'row')} written to {target.path}; all times are UTC.")


def _say(text: str) -> None:
    Console(stderr=True, highlight=False, markup=False).print(text, soft_wrap=True)


async def _filter(wanted: ExportOptions, runtime: Runtime) -> ExportFilter:
    return ExportFilter(
        creator=await creator_or_all(runtime, wanted.creator or ""),
        post_id=await post_of(runtime, wanted.post) if wanted.post else None,
        since=instant("--since", wanted.since or ""),
    )


@contextmanager
def _opened(target: Target, columns: Sequence[Column], as_of: datetime | None = None) -> Iterator[RowSink]:
    path = target.path
    if path is None:
        with _standard_output(target, columns) as sink:
            yield sink
        return
    with _replacing(path) as draft, _file(target, draft, path, columns, as_of) as sink:
        yield sink


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Name a file beside, which takes the place of the wanted one in the end; a pipe or device is written to itself."""
    with refusing(path):
        is_file = path.is_file() or not path.exists()
    if not is_file:
        yield path
        return
    draft = path.with_name(f".{path.name}.part")
    try:
        yield draft
        with refusing(path):
            draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink()


@contextmanager
def _file(
    target: Target, draft: Path, path: Path, columns: Sequence[Column], as_of: datetime | None
) -> Iterator[RowSink]:
    if target.format is Format.PARQUET:
        with _parquet(draft, path, columns, as_of) as sink:
            yield sink
        return
    with written(draft, path) as file:
        yield target.text(file, columns)


@contextmanager
def _parquet(draft: Path, path: Path, columns: Sequence[Column], as_of: datetime | None) -> Iterator[RowSink]:
    with refusing(path):
        sink = ParquetSink(draft, columns, as_of)
    try:
        yield Refusing(sink, path)
    finally:
        with refusing(path):
            sink.close()


@dataclass(frozen=True, slots=True)
class Refusing:
    """A sink that tells the name of its file when it fails."""

    sink: RowSink
    path: Path

    def write(self, rows: Sequence[Row]) -> None:
        with refusing(self.path):
            self.sink.write(rows)


@contextmanager
def _standard_output(target: Target, columns: Sequence[Column]) -> Iterator[RowSink]:
    """Write to whoever reads us; that they stop reading (`| head`) is no error."""
    try:
        with written(sys.stdout.fileno(), "Standard output") as file:
            yield target.text(file, columns)
    except BadInput as error:
        if not isinstance(error.__cause__, BrokenPipeError):
            raise
