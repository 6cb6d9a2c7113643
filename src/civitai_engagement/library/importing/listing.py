"""A list of posts in a file: CSV, JSON or JSON lines; each place of it a post, or the reason why not."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.errors import BadInput
from civitai_engagement.library.importing.decoding import read_text
from civitai_engagement.library.importing.documents import is_document, read_json
from civitai_engagement.library.importing.entries import (
    FIELDS,
    SHOWN,
    Cell,
    ListEntry,
    ListLine,
    as_line,
    folded,
    is_field,
)
from civitai_engagement.library.importing.pieces import PIECE, beside
from civitai_engagement.library.importing.rows import CellRow, read_rows

JSON_NAMES = {".jsonl", ".ndjson", ".json"}
# What begins so is JSON, or was to be; "[my post](https://...)" is a link in a text.
_JSON_BEGINS = re.compile(r"\s*(?:\{|\[\s*(?:[\r\n\[{\"]|[-0-9]+\s*,|\Z))")
_NUMBER = re.compile(r"[\W\d]*\d[\W\d]*")


def read_list(path: Path, *, own_host: str = "") -> list[ListLine]:
    """Read the posts a file names, in order; a post named again points to where it was `first` named.

    Raises:
        BadInput: The file cannot be read, or has no column of posts.
    """
    text = read_text(path)
    is_json = path.suffix.lower() in JSON_NAMES or _JSON_BEGINS.match(text) or is_document(text)
    entries = read_json(text) if is_json else _Table(own_host).entries(text)
    return list(_marked(as_line(one, own_host) for one in entries))


def _marked(lines: Iterable[ListLine]) -> Iterator[ListLine]:
    seen: dict[int, str] = {}
    for line in lines:
        if line.post_id is None:
            yield line
        elif line.post_id in seen:
            yield replace(line, first=seen[line.post_id])
        else:
            seen[line.post_id] = line.where
            yield line


@dataclass(frozen=True, slots=True)
class _Header:
    """Which columns may name the post. Without names the first row is no header."""

    columns: Sequence[int]
    names: Sequence[str] = ()

    def entry(self, row: CellRow) -> ListEntry:
        names = self.names or [""] * (max(self.columns) + 1)
        cells = [Cell(names[one], row.cells[one]) for one in self.columns if one < len(row.cells)]
        return ListEntry(row.number, cells)

    def repeats(self, row: CellRow) -> bool:
        return bool(self.names) and list(map(folded, row.cells)) == list(map(folded, self.names))


@dataclass(frozen=True, slots=True)
class _Table:
    """Reads CSV."""

    own_host: str

    def entries(self, text: str) -> Iterator[ListEntry]:
        rows = read_rows(text, self._promise)
        begins = next((place for place, row in enumerate(rows) if not row.is_marked or _is_numbered(row)), len(rows))
        yield from (_comment(row) for row in rows[:begins])
        if begins == len(rows):
            return
        header = self._header(rows[begins].cells)
        pieces = [row.number for row in rows[begins:] if _is_piece(row, rows[begins])]
        for row in rows[begins + bool(header.names) :]:
            entry = self._entry(header, row)
            yield _doubted(entry, pieces) if pieces else entry

    def _entry(self, header: _Header, row: CellRow) -> ListEntry:
        """Read a row. One that begins with # is a comment, unless it has all the cells of the header."""
        if header.repeats(row):
            return ListEntry(row.number)
        return _comment(row) if row.is_marked and not self._is_row(header, row.cells) else header.entry(row)

    def _is_row(self, header: _Header, cells: Sequence[str]) -> bool:
        """Tell a row from a comment; where a row is one cell, words are a comment, and "#101" is not."""
        return len(cells) == len(header.names) and (len(cells) > 1 or self._is_post(cells[0].lstrip("# ")))

    def _promise(self, cells: Sequence[str]) -> int:
        """Tell how much a row looks like one of posts: it names their column, or holds one."""
        return 2 if any(map(is_field, cells)) else int(any(map(self._is_post, cells)))

    def _header(self, cells: Sequence[str]) -> _Header:
        known = [place for place, cell in enumerate(cells) if is_field(cell)]
        if known:
            return _Header(known, cells)
        if len(cells) == 1:
            return _Header([0])
        readable = [place for place, cell in enumerate(cells) if "/" in cell and self._is_post(cell)]
        if readable:
            return _Header(readable[:1])
        hint = f"Name the column with the posts one of {', '.join(FIELDS)}."
        raise BadInput(f"No column of posts was found among {', '.join(cells)[:SHOWN]}.", hint=hint)

    def _is_post(self, cell: str) -> bool:
        try:
            return parse_post(cell, own_host=self.own_host) > 0
        except BadInput:
            return False


def _comment(row: CellRow) -> ListEntry:
    return ListEntry(row.number, [Cell("", ", ".join(row.cells))], is_comment=True)


def _is_piece(row: CellRow, first: CellRow) -> bool:
    """Tell a piece of something larger; beside other cells of a table it is somebody's words."""
    return row.is_piece and (len(first.cells) == 1 or sum(map(bool, map(str.strip, row.cells))) == 1)


def _doubted(entry: ListEntry, pieces: Sequence[int]) -> ListEntry:
    """Refuse pieces, and numbers beside them; an address says itself what it is of."""
    said = [cell.text for cell in entry.cells if cell.text.strip()]
    if entry.is_comment or not said or any("/" in one for one in said):
        return entry
    if entry.number in pieces:
        return replace(entry, problem=PIECE)
    return replace(entry, problem=beside(pieces[0])) if any(map(_NUMBER.fullmatch, said)) else entry


def _is_numbered(row: CellRow) -> bool:
    """Tell a header whose first column is named "#" from a comment."""
    return row.cells[0].strip() == "#" and any(map(is_field, row.cells))
