"""The formats of an export: CSV and JSON lines as text, Parquet by a library that is installed when wanted."""

import csv
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TextIO

from civitai_engagement.answers.export.column import Column, ColumnType
from civitai_engagement.answers.export.columns import STRANGERS
from civitai_engagement.errors import BadSetup
from civitai_engagement.extras import how_to_add
from civitai_engagement.records.cells import guarded

Row = Sequence[Any]


class RowSink(Protocol):
    """Where the rows of an export go."""

    def write(self, rows: Sequence[Row]) -> None: ...


class CsvSink:
    """One header, one line a row; unknown is an empty cell, a list or an object is JSON.

    Other people's words are guarded by an apostrophe where a spreadsheet would compute them, unless that is unwanted.
    """

    def __init__(self, file: TextIO, columns: Sequence[Column], *, apostrophes: bool = True) -> None:
        strange = [one.holds is ColumnType.TEXT and one.name in STRANGERS for one in columns]
        self._guards = [place for place, is_strange in enumerate(strange) if is_strange and apostrophes]
        self._writer = csv.writer(_PlainBreaks(file), lineterminator="\r\n")
        self._writer.writerow(column.name for column in columns)

    def write(self, rows: Sequence[Row]) -> None:
        self._writer.writerows(map(self._cells, rows))

    def _cells(self, row: Row) -> list[Any]:
        cells = [_cell(value) for value in row]
        for place in self._guards:
            if isinstance(cells[place], str):
                cells[place] = guarded(cells[place])
        return cells


class _PlainBreaks:
    """Ends rows in a line feed alone; the writer is told of both, since it quotes only the breaks it knows."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> None:
        self._file.write(row.removesuffix("\r\n") + "\n")


class JsonLinesSink:
    """One object a line; unknown is null."""

    def __init__(self, file: TextIO, columns: Sequence[Column]) -> None:
        self._file = file
        self._names = [column.name for column in columns]

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            values = map(_plain, row)
            self._file.write(f"{_json(dict(zip(self._names, values, strict=True)))}\n")


class ParquetSink:
    """Typed columns; the file's metadata says what it is of."""

    def __init__(self, path: Path, columns: Sequence[Column], as_of: datetime | None) -> None:
        self._arrow, parquet = _pyarrow()
        schema = [(column.name, _arrow_type(self._arrow, column.holds)) for column in columns]
        about = {"time_zone": "UTC", "made_by": "civitai-engagement"}
        if as_of is not None:
            about["exported_at"] = instant_text(as_of)
        self._schema = self._arrow.schema(schema, metadata=about)
        self._writer = parquet.ParquetWriter(path, self._schema)

    def write(self, rows: Sequence[Row]) -> None:
        columns = zip(*rows, strict=True)
        arrays = [
            self._arrow.array([_stored(value) for value in column], type=field.type)
            for column, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def instant_text(instant: datetime) -> str:
    """Write an instant whole: 2026-11-21T09:00:00.123456Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cell(value: Any) -> Any:
    if isinstance(value, bool | list | dict):
        return _json(value)
    return _plain(value)


def _stored(value: Any) -> Any:
    return _json(value) if isinstance(value, dict) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _pyarrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        hint = f"Install it with `{how_to_add('parquet')}`, or choose csv or jsonl."
        raise BadSetup("Parquet needs the library pyarrow.", hint=hint) from error


def _arrow_type(arrow: Any, holds: ColumnType) -> Any:
    types = {
        ColumnType.WHOLE: arrow.int64(),
        ColumnType.NUMBER: arrow.float64(),
        ColumnType.TRUTH: arrow.bool_(),
        ColumnType.INSTANT: arrow.timestamp("us", tz="UTC"),
        ColumnType.WHOLES: arrow.list_(arrow.int64()),
        ColumnType.TEXTS: arrow.list_(arrow.string()),
    }
    return types.get(holds, arrow.string())
