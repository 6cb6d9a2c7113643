"""A Postgres of our own for those who set no DATABASE_URL: started by the first process, stopped by the last."""

from pathlib import Path

from civitai_engagement.store.embedded.folders import temporary_folder
from civitai_engagement.store.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "make_home", "temporary_folder"]


def make_home(home: Path) -> None:
    """Make the folder of our files, so that whoever the embedded Postgres runs as may enter it.

    Raises:
        BadSetup: It cannot be made.
    """
    EmbeddedPostgres(home).make_home()
