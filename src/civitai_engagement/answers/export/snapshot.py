"""One table of what is stored, as it was at one instant, in batches."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from civitai_engagement.answers.export.column import Column
from civitai_engagement.answers.export.columns import COLUMNS
from civitai_engagement.answers.export.subjects import ExportSubject
from civitai_engagement.errors import BadInput
from civitai_engagement.records.filters import ExportFilter
from civitai_engagement.sources import Sources
from civitai_engagement.store.export import Exports

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Export:
    """One table as it was at `as_of`: its columns, and its rows in batches.

    >>> async with exporting(sources, ExportSubject.POSTS, ExportFilter()) as export:
    ...     async for rows in export.batches: ...
    """

    what: ExportSubject
    columns: Sequence[Column]
    as_of: datetime
    batches: AsyncIterator[Rows]


@asynccontextmanager
async def exporting(sources: Sources, what: ExportSubject, wanted: ExportFilter) -> AsyncIterator[Export]:
    """Open an export; all of it is of one instant.

    Raises:
        BadInput: A filter does not fit the table.
        StoreDown: The database is not reachable, or went away meanwhile.
    """
    if wanted.since is not None and what is not ExportSubject.HISTORY:
        raise BadInput(f"{what.capitalize()} have no since: it is for the history.")
    if what is ExportSubject.FINDINGS and (wanted.creator or wanted.post_id) is not None:
        raise BadInput("Findings are of everything that is followed, not of one creator or post.")
    columns = COLUMNS[what]
    async with sources.store.reading() as ledger:
        exports = ledger.exports
        async with exports.snapshot() as as_of:
            yield Export(what, columns, as_of, _batches(exports, what, wanted))


async def _batches(exports: Exports, what: ExportSubject, wanted: ExportFilter) -> AsyncIterator[Rows]:
    names = [column.name for column in COLUMNS[what]]
    async for rows in exports.stream(what, wanted):
        yield [tuple(row[name] for name in names) for row in rows]
