"""How the engagement of a creator is made up, as last believed."""

from civitai_engagement.records.engagement import DatabaseRow, counters_of
from civitai_engagement.records.shares import CreatorPosts, Piece, Share
from civitai_engagement.store.queries import Connection, load


class Shares:
    """The shares of one connection.

    >>> [(one.type, one.base_model, one.media) for one in await shares.of_creator("Ada")]
    [('image', 'Flux.1 D', 40), ('video', None, 2)]
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("shares")

    async def of_creator(self, creator: str) -> list[Share]:
        """Sum up all known media of a creator by type and base model."""
        rows = await self._sql["of_creator"].all(self._connection, creator=creator)
        return [_share(row) for row in rows]

    async def posts_of_creator(self, creator: str) -> CreatorPosts:
        """Count all known posts of a creator, and give the name in its own case."""
        [row] = await self._sql["posts_of_creator"].all(self._connection, creator=creator)
        return CreatorPosts(row["username"], row["posts"])

    async def newest_of_creator(self, creator: str, each: int) -> list[Piece]:
        """Name the newest media of a creator, newest first: so many of each type, and of each base model."""
        rows = await self._sql["newest_of_creator"].all(self._connection, creator=creator, each=each)
        return [Piece(**row) for row in rows]


def _share(row: DatabaseRow) -> Share:
    known = {name: row[name] for name in ("type", "base_model", "media", "known", "as_of")}
    return Share(**known, counters=counters_of(row))
