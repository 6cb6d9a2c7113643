"""Lists of posts in JSON: one document (an array, or an object with `items`, as Civitai answers), or a value a line."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from civitai_engagement.errors import BadInput
from civitai_engagement.library.importing.entries import FIELDS, Cell, ListEntry, is_field
from civitai_engagement.library.importing.pieces import ALONE, is_piece

_FRAGMENT = ("{", "}", "[", "]", '":', '" :')
_NEITHER = "This is neither a URL nor an id."
_NONE = f"This has none of {', '.join(FIELDS)}."
_NOT_JSON = BadInput("This is not JSON; one value a line is asked for.")


class _Object(list[tuple[str, Any]]):
    """A JSON object as it was written, also where it names a thing twice."""


def is_document(text: str) -> bool:
    """Tell whether a text is one JSON value that holds others."""
    try:
        return isinstance(_read(text), list)
    except BadInput:
        return False


def read_json(text: str) -> list[ListEntry]:
    """Read the entries of a document, or those of lines.

    Raises:
        BadInput: It is a document over several lines that is not whole.
    """
    try:
        document = _read(text)
    except BadInput:
        return _lines(text)
    values = _listed(document)
    if values is not None:
        return list(_entries(values))
    first = next(number for number, line in enumerate(text.split("\n"), start=1) if line.strip())
    return [_entry(first, document)]


def _read(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_Object)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"This is not whole JSON: {error}.") from error


def _listed(value: Any) -> Sequence[Any] | None:
    if not isinstance(value, _Object):
        return value if isinstance(value, list) else None
    return next((one for name, one in value if name == "items" and _listed(one) is not None), None)


def _entries(values: Sequence[Any], line: int | None = None) -> Iterator[ListEntry]:
    """Number the entries, unless all stand in one `line`; beside objects a number is not known to be a post's."""
    is_of_ids = not any(isinstance(one, list) for one in values)
    for place, value in enumerate(values, start=1):
        number, unit = (place, "entry") if line is None else (line, "line")
        is_bare = isinstance(value, int | float) and not isinstance(value, bool)
        if is_bare and not is_of_ids:
            yield ListEntry(number, [Cell("", str(value))], ALONE, unit)
        else:
            yield _entry(number, value, unit)


def _entry(number: int, value: Any, unit: str = "line") -> ListEntry:
    if isinstance(value, _Object):
        named = [(name, one) for name, one in value if is_field(name)]
        said = [Cell(name, text) for name, one in named if (text := _said(one)) is not None]
        problem = "" if said else _NEITHER if any(one not in (None, "") for _, one in named) else ""
        return ListEntry(number, said, problem if named else _NONE, unit)
    text = _said(value)
    return (
        ListEntry(number, problem=_NEITHER, unit=unit)
        if text is None
        else ListEntry(number, [Cell("", text)], unit=unit)
    )


def _said(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _lines(text: str) -> list[ListEntry]:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    comments = [number for number, line in lines if line.lstrip().startswith("#")]
    values = {number: _value(line) for number, line in lines if number not in set(comments)}
    broken = [number for number, one in values.items() if one is _NOT_JSON]
    is_torn = any(_is_torn(line) for number, line in lines if number in set(broken))
    if is_torn and not any(isinstance(one, _Object) for one in values.values()):
        raise _torn(text)
    entries = [ListEntry(number, is_comment=True) for number in comments]
    for number, value in values.items():
        entries += _of_line(number, value, is_torn=is_torn)
    return sorted(entries, key=lambda one: one.number)


def _is_torn(line: str) -> bool:
    return is_piece(line) or any(mark in line for mark in _FRAGMENT)


def _value(line: str) -> Any:
    try:
        return _read(line)
    except BadInput:
        return _NOT_JSON


def _of_line(number: int, value: Any, *, is_torn: bool) -> list[ListEntry]:
    """Read a line; where others are pieces of something larger, what stands alone may be a piece too."""
    if value is _NOT_JSON:
        return [ListEntry(number, problem=_NOT_JSON.message)]
    if isinstance(value, _Object):
        values = _listed(value)
        return [_entry(number, value)] if values is None else list(_entries(values, number))
    return [ListEntry(number, [Cell("", str(value))], ALONE)] if is_torn else [_entry(number, value)]


def _torn(text: str) -> BadInput:
    try:
        json.loads(text)
    except ValueError as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "it"
        return BadInput(f"The file is JSON over several lines, but {where} breaks it.", hint="Save it again, whole.")
    except RecursionError:
        pass
    return BadInput("The file is JSON nested too deep to be a list of posts.")
