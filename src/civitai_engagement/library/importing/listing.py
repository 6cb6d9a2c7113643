"""A list of posts in a file: CSV or JSON lines, read line by line, each line a post or the reason why not."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.errors import BadInput
from civitai_engagement.library.importing.rows import read_rows

FIELDS = ("url", "post", "post_url", "post_id", "civitai_url", "civitai_id")
JSON_NAMES = {".jsonl", ".ndjson", ".json"}
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is neither blank nor a comment; without `post_id` there is a reason."""

    number: int
    text: str
    post_id: int | None = None
    reason: str = ""
    first: int | None = None

    @property
    def where(self) -> str:
        return f"line {self.number}"


def read_list(path: Path, *, own_host: str = "") -> list[Line]:
    """Read the posts a file names, in order; a post named again points to its `first` line.

    Raises:
        BadInput: The file cannot be read, or has no column of posts.
    """
    text = _text(path)
    is_json = path.suffix.lower() in JSON_NAMES or text.lstrip().startswith("{")
    cells = _json_cells(text) if is_json else _csv_cells(text, own_host)
    return list(_marked(_read(number, cell, own_host) for number, cell in cells))


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        hint = "Save it as CSV UTF-8, then try again."
        raise BadInput(f"{path} is not text in UTF-8 (byte {error.start}).", hint=hint) from error


def _read(number: int, cell: str | BadInput, own_host: str) -> Line:
    if isinstance(cell, BadInput):
        return Line(number, "", reason=cell.message)
    try:
        return Line(number, cell[:SHOWN], parse_post(cell, own_host=own_host))
    except BadInput as error:
        return Line(number, cell[:SHOWN], reason=error.message)


def _marked(lines: Iterable[Line]) -> Iterator[Line]:
    seen: dict[int, int] = {}
    for line in lines:
        if line.post_id is None:
            yield line
        elif line.post_id in seen:
            yield replace(line, first=seen[line.post_id])
        else:
            seen[line.post_id] = line.number
            yield line


def _json_cells(text: str) -> Iterator[tuple[int, str | BadInput]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, _json_cell(line)


def _json_cell(line: str) -> str | BadInput:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return BadInput("This is not JSON; one value a line is asked for.")
    if isinstance(value, dict):
        named = {str(name).lower(): one for name, one in value.items()}
        value = next((named[name] for name in FIELDS if named.get(name) not in (None, "")), None)
        if value is None:
            return BadInput(f"This has none of {', '.join(FIELDS)}.")
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    return BadInput("This is neither a URL nor an id.")


def _csv_cells(text: str, own_host: str) -> Iterator[tuple[int, str | BadInput]]:
    rows = read_rows(text)
    if not rows:
        return
    columns, has_header = _columns(rows[0][1], own_host)
    for number, row in rows[1:] if has_header else rows:
        cells = (row[column].strip() for column in columns if column < len(row))
        yield number, next(filter(None, cells), "")


def _columns(row: Sequence[str], own_host: str) -> tuple[list[int], bool]:
    """Tell which columns may name the post, best first, and whether this row is a header."""
    names = [cell.strip().lower() for cell in row]
    if known := [names.index(name) for name in FIELDS if name in names]:
        return known, True
    if len(row) == 1:
        return [0], False
    readable = [column for column, cell in enumerate(row) if _is_post(cell, own_host)]
    if readable:
        return readable[:1], False
    hint = f"Name the column with the posts one of {', '.join(FIELDS)}."
    raise BadInput(f"No column of posts was found among {', '.join(names)[:SHOWN]}.", hint=hint)


def _is_post(cell: str, own_host: str) -> bool:
    try:
        return "/" in cell and parse_post(cell, own_host=own_host) > 0
    except BadInput:
        return False
