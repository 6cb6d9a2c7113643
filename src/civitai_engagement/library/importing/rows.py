"""The rows of a CSV text, each with the line it begins at; a quote that is never closed swallows none of them."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from civitai_engagement.errors import BadInput
from civitai_engagement.library.importing.pieces import is_piece
from civitai_engagement.records.cells import unguarded

DELIMITERS = ",;\t|"
BREAK = re.compile(r"\r\n|\r|\n")

_SEP = re.compile(r"\"?sep=([^\"\r\n])\"?[ \t]*(?=[\r\n]|\Z)", re.IGNORECASE)


class Promise(Protocol):
    """Tells how much the cells of a row look like what is looked for: of two readings the better one holds."""

    def __call__(self, cells: Sequence[str], /) -> int: ...


@dataclass(frozen=True, slots=True)
class CellRow:
    """The cells of a row, and the line it begins at; `is_marked` where that begins with # and not with a quote."""

    number: int
    cells: list[str]
    is_marked: bool
    is_piece: bool = False


def read_rows(text: str, promise: Promise) -> list[CellRow]:
    """Read the rows that are not blank.

    Raises:
        BadInput: It is no CSV, or a quote in it is not closed.
    """
    with _room_for(text):
        told = _SEP.match(text)
        if told:
            return _filled(text[told.end() :], told[1])
        return _filled(text, _delimiter(text, promise))


def _filled(text: str, delimiter: str) -> list[CellRow]:
    return [row for row in _rows(text, delimiter) if any(map(str.strip, row.cells))]


def _is_marked(text: str) -> bool:
    return text.lstrip().startswith("#")


@contextmanager
def _room_for(text: str) -> Iterator[None]:
    """Let a cell be as long as its text for once; the limit is one for all who read CSV in this process."""
    former = csv.field_size_limit()
    csv.field_size_limit(max(former, len(text)))
    try:
        yield
    finally:
        csv.field_size_limit(former)


def _rows(text: str, delimiter: str) -> Iterator[CellRow]:
    lines, begins = list[str](), 1
    reader = csv.reader(_noted(text, lines), delimiter=delimiter)
    try:
        for row in reader:
            if len(lines) > 1 and (where := _torn(row, lines, delimiter)) is not None:
                raise _unclosed(begins + where)
            yield CellRow(begins, list(map(unguarded, row)), _is_marked(lines[0]), is_piece("".join(lines)))
            begins = reader.line_num + 1
            lines.clear()
    except csv.Error as error:
        raise BadInput(f"Line {reader.line_num} cannot be read as CSV: {error}.") from error


def _delimiter(text: str, promise: Promise) -> str:
    """Choose what parts the first row into cells that promise most, else into most cells."""
    head = re.match(r"(?:[^\S\r\n]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*", text)
    beginning = text[head.end() if head else 0 :]

    def rank(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader(io.StringIO(beginning, newline=""), delimiter=delimiter), [])
        return promise(cells), len(cells)

    return max(DELIMITERS, key=rank)


def _noted(text: str, lines: list[str]) -> Iterator[str]:
    """Give the lines of a text and note each; that the end was asked for is noted as an empty one."""
    for line in io.StringIO(text, newline=""):
        lines.append(line)
        yield line
    lines.append("")


def _torn(row: Sequence[str], lines: Sequence[str], delimiter: str) -> int | None:
    """Tell at which of a row's lines a quote begins that is not closed: the text ends in it, or it runs into others."""
    if not lines[-1]:
        return _breaks(row[:-1])
    if not _is_strict(lines, delimiter) and any(_opening(delimiter).search(line) for line in lines[1:]):
        return _breaks(row[: next(place for place, cell in enumerate(row) if BREAK.search(cell))])
    return None


def _breaks(cells: Sequence[str]) -> int:
    return sum(len(BREAK.findall(cell)) for cell in cells)


def _is_strict(lines: Sequence[str], delimiter: str) -> bool:
    """Tell whether every quote in a row is doubled or ends its cell."""
    try:
        return bool(list(csv.reader(lines, delimiter=delimiter, strict=True)))
    except csv.Error:
        return False


def _opening(delimiter: str) -> "re.Pattern[str]":
    """Describe a quote that begins a cell: as it stands inside another, that one was to end before."""
    return re.compile(rf'(?:^|{re.escape(delimiter)})"(?!["\r\n{re.escape(delimiter)}]|$)')


def _unclosed(line: int) -> BadInput:
    hint = 'Close it, or write it twice (""), then try again.'
    return BadInput(f"The quote that begins in line {line} is not closed.", hint=hint)
