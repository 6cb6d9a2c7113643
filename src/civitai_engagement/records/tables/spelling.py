"""How a column and an index are spelled."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Identity,
    Index,
    text,
)
from sqlmodel import Field


def column(of: Any, *more: Any, null: bool = True, key: bool = False, default: str | None = None) -> Any:
    """Spell a column out in SQLAlchemy's words: SQLModel's defaults are varchar and naive timestamps."""
    return Field(
        default=None,
        sa_column=Column(
            of,
            *more,
            primary_key=key,
            nullable=null and not key,
            server_default=None if default is None else text(default),
            autoincrement=any(isinstance(one, Identity) for one in more),
        ),
    )


def instant(*, null: bool = True, key: bool = False) -> Any:
    return column(DateTime(timezone=True), null=null, key=key)


def words(name: str, of: str) -> Index:
    """Index the words at the beginning of a text for search, in any language alike."""
    return Index(name, text(f"to_tsvector('simple', left({of}, 50000))"), postgresql_using="gin")


def where_known(
    name: str, of: str, key: Any = None, *, unique: bool = False, beside: Sequence[str] | None = None
) -> Index:
    """Index a column that is mostly null, by itself or by `key`; `beside` are columns that are read in the index."""
    known = text(f"{of} is not null")
    return Index(name, of if key is None else key, unique=unique, postgresql_where=known, postgresql_include=beside)
