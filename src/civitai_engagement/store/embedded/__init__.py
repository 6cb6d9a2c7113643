"""A Postgres of our own for those who set no DATABASE_URL: started by the first process, stopped by the last."""

from civitai_engagement.store.embedded.folders import temporary_folder
from civitai_engagement.store.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "temporary_folder"]
