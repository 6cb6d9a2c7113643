"""Columns of a row, each declared once: what it means, how it is made, and how it reads in text, table and sheet.

A row is a model whose fields carry their column; text, terminal table, exported sheet and pages are read off it:

>>> class Gained(ColumnRow):
...     id: Annotated[str, column("the post", lambda post: str(post.id), "id")]
...     gain: Annotated[int, column("what it gained", lambda post: post.gain, "gain")]
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import NoneType, UnionType
from typing import Any, Self, get_args, get_origin

from pydantic import BaseModel

from civitai_engagement.answers.answer import figures, row
from civitai_engagement.answers.export.column import Column, ColumnType

_HOLDS = {str: ColumnType.TEXT, int: ColumnType.WHOLE, float: ColumnType.NUMBER, bool: ColumnType.TRUTH}


@dataclass(frozen=True, slots=True)
class Form:
    """How a column reads at one place: its head, and its cell of a row; without a function its value."""

    head: str
    cell: Callable[[Any], object] | None = None


@dataclass(frozen=True, slots=True)
class RowColumn:
    """What a field of a row is; `parts` are the columns of a sheet that a list is written to, with what each means."""

    means: str
    made: Callable[[Any], object]
    text: Form | None
    table: Form | None
    parts: Mapping[str, str] = field(default_factory=dict)


def column(
    means: str,
    made: Callable[[Any], object],
    head: str = "",
    *,
    text: Form | None = None,
    table: Form | None = None,
    parts: Mapping[str, str] | None = None,
) -> RowColumn:
    """Declare a column; under `head` it stands in text and table, unless one of them says its own form."""
    named = Form(head) if head else None
    return RowColumn(means, made, text or named, table or named, parts or {})


@dataclass(frozen=True, slots=True)
class _Declared:
    name: str
    holds: ColumnType
    column: RowColumn

    @property
    def sheet(self) -> list[Column]:
        """Give its columns in a sheet."""
        parts = self.column.parts or {self.name: self.column.means}
        return [Column(name, self.holds, means) for name, means in parts.items()]

    @property
    def counts(self) -> bool:
        """Say whether it holds numbers."""
        return self.holds in {ColumnType.WHOLE, ColumnType.NUMBER}

    @property
    def stands_right(self) -> bool:
        """Say whether its table writes the bare numbers."""
        return self.counts and self.column.table is not None and self.column.table.cell is None


class ColumnRow(BaseModel):
    """A row of an answer whose columns are declared with its fields."""

    @classmethod
    def of(cls, measured: object) -> Self:
        """Make the row of what was measured."""
        return cls(**{one.name: one.column.made(measured) for one in _declared(cls)})

    @classmethod
    def sheet_columns(cls) -> list[Column]:
        return [made for one in _declared(cls) for made in one.sheet]

    @classmethod
    def text_head(cls) -> str:
        return "|".join(one.column.text.head for one in _declared(cls) if one.column.text)

    @classmethod
    def table_heads(cls) -> dict[str, bool]:
        """Give the heads of its table, and which of them are over numbers."""
        return {one.column.table.head: one.stands_right for one in _declared(cls) if one.column.table}

    def text_line(self) -> str:
        told = ((one, form) for one in _declared(type(self)) if (form := one.column.text))
        return row(*(self._read(one, form, _figure if one.counts else _itself) for one, form in told))

    def table_cells(self) -> list[object]:
        """Give its cells as values: the table writes numbers, and what is unknown."""
        return [self._read(one, form, _itself) for one in _declared(type(self)) if (form := one.column.table)]

    def sheet_row(self) -> dict[str, Any]:
        """Give its values by the columns of the sheet."""
        return {name: value for one in _declared(type(self)) for name, value in self._parts(one)}

    def _parts(self, one: _Declared) -> Sequence[tuple[str, Any]]:
        value = getattr(self, one.name)
        parts = one.column.parts
        return list(zip(parts, value or [None] * len(parts), strict=True)) if parts else [(one.name, value)]

    def _read(self, one: _Declared, form: Form, plain: Callable[[Any], object]) -> object:
        return form.cell(self) if form.cell else plain(getattr(self, one.name))


def _figure(value: object) -> object:
    """Read a number in a line of text: an estimate in three figures, and `-` where there is none."""
    return figures(value) if isinstance(value, float) else "-" if value is None else value


def _itself(value: object) -> object:
    return value


@cache
def _declared(row_type: type[ColumnRow]) -> list[_Declared]:
    return [
        _Declared(name, _holds(info.annotation), one)
        for name, info in row_type.model_fields.items()
        for one in info.metadata
        if isinstance(one, RowColumn)
    ]


def _holds(annotation: Any) -> ColumnType:
    """Say what a sheet's column of this type holds; of a list, each of its parts."""
    kinds = [one for one in get_args(annotation) if one is not NoneType]
    if isinstance(annotation, UnionType) or get_origin(annotation) is list:
        return _holds(kinds[0])
    return _HOLDS[annotation]
