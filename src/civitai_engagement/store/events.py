"""What changed, told to every process on one database by the transaction that wrote it."""

import json
from collections.abc import Iterable, Iterator

CHANNEL = "civitai_engagement_events"
POSTS_A_MESSAGE = 500  # Postgres takes less than 8,000 bytes; an id and its comma are at most 20


def telling(posts: Iterable[int]) -> Iterator[str]:
    """Spell the statements that tell every process, once their transaction is committed, that posts changed."""
    ids = sorted(set(posts))
    for start in range(0, len(ids), POSTS_A_MESSAGE):
        payload = json.dumps(ids[start : start + POSTS_A_MESSAGE], separators=(",", ":"))
        yield f"select pg_notify('{CHANNEL}', '{payload}')"


def read(payload: str) -> frozenset[int]:
    """Read a message; of one that another version or a stranger sent we know only that something changed."""
    try:
        said = json.loads(payload)
    except ValueError:
        return frozenset()
    return frozenset(one for one in said if type(one) is int) if isinstance(said, list) else frozenset()
