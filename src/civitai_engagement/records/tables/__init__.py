"""The tables of the ledger as SQLModel; loading this loads SQLAlchemy, so only migrations and their tests do."""

from sqlmodel import SQLModel

from civitai_engagement.records.tables import collection, features, library, media

__all__ = ["collection", "features", "library", "media", "metadata"]

metadata = SQLModel.metadata
