"""Named SQL: `sql/<noun>.sql` holds blocks of `-- name --`, one sentence, the statement with `:parameters`."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # the driver is loaded with the database, not with the tools
    import asyncpg

Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"
_HEADER = re.compile(r"^-- (\w+) --$", re.MULTILINE)
_SOURCE = re.compile(r"\w+ as \w+ /\* source \*/")
_PARAMETER = re.compile(r"(?<![:\w]):([a-z]\w*)")


@dataclass(frozen=True, slots=True)
class Query:
    """One statement with numbered parameters, and the names they are passed by."""

    source: str
    sql: str
    parameters: tuple[str, ...]

    def where(self, *conditions: str) -> "Query":
        """Narrow the statement by our own conditions, at its mark `/* conditions */`."""
        return _narrowed(self.source, conditions) if conditions else self

    def of(self, source: str) -> "Query":
        """Draw from a source of our own, at the mark `/* source */`, instead of the table before it."""
        return _drawn(self.source, source)

    def _ordered(self, values: Mapping[str, object]) -> list[object]:
        return [values[name] for name in self.parameters]

    async def all(self, connection: Connection, **values: object) -> "list[asyncpg.Record]":
        return await connection.fetch(self.sql, *self._ordered(values))

    async def planned(self, connection: Connection, **values: object) -> "list[asyncpg.Record]":
        """Give all, by a plan made for these very values: for a window that may be an hour or a month."""
        statement = await connection.prepare(self.sql)
        return await statement.fetch(*self._ordered(values))

    async def one_or_none(self, connection: Connection, **values: object) -> "asyncpg.Record | None":
        return await connection.fetchrow(self.sql, *self._ordered(values))

    async def value(self, connection: Connection, **values: object) -> Any:
        return await connection.fetchval(self.sql, *self._ordered(values))

    async def run(self, connection: Connection, **values: object) -> None:
        await connection.execute(self.sql, *self._ordered(values))


def parse(text: str) -> dict[str, Query]:
    """Split a file of named blocks into queries."""
    pieces = _HEADER.split(text)[1:]
    return {name: _query(_statement(body)) for name, body in zip(pieces[::2], pieces[1::2], strict=True)}


def _statement(body: str) -> str:
    return "\n".join(line for line in body.splitlines() if not line.lstrip().startswith("--")).strip()


@cache
def _narrowed(statement: str, conditions: tuple[str, ...]) -> Query:
    return _query(statement.replace("/* conditions */", " ".join(f"and {one}" for one in conditions)))


@cache
def _drawn(statement: str, source: str) -> Query:
    return _query(_SOURCE.sub(lambda _: source, statement))


def _query(statement: str) -> Query:
    names = tuple(dict.fromkeys(_PARAMETER.findall(statement)))
    numbers = {name: f"${position}" for position, name in enumerate(names, start=1)}
    return Query(statement, _PARAMETER.sub(lambda match: numbers[match[1]], statement), names)


@cache
def load(noun: str) -> dict[str, Query]:
    """Read the queries of one noun from `sql/<noun>.sql`."""
    return parse(files(__package__).joinpath("sql", f"{noun}.sql").read_text(encoding="utf-8"))


def array(values: Collection[object]) -> str:
    """Write numbers, instants or plain words as the text of an array, for a parameter `:name::text::type[]`.

    The driver takes ten times as long over a list: it asks of each element whether it is a list too.

    >>> array([1, None, 2])
    '{1,null,2}'
    """
    spelled = {one: "null" if one is None else str(one) for one in set(values)}
    return "{" + ",".join([spelled[one] for one in values]) + "}"


def integers(values: Iterable[int | None]) -> str:
    """Write integers as the text of an array, as `array` does, in a quarter of its time.

    >>> integers([1, None, 2])
    '{1, null, 2}'
    """
    return f"{{{str([*values])[1:-1].replace('None', 'null')}}}"


def fields(value: Any) -> dict[str, Any]:
    """Spread a frozen value into the parameters of a query."""
    return {name: getattr(value, name) for name in value.__slots__}


def given(wanted: Any) -> dict[str, Any]:
    """Spread a filter, without what it leaves open."""
    return {name: value for name, value in fields(wanted).items() if value is not None}
