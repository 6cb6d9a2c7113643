"""Everything stored, noun by noun, as one connection sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from civitai_engagement.store.alarms import Alarms
from civitai_engagement.store.assets import Assets
from civitai_engagement.store.batches import Batches
from civitai_engagement.store.condition import Conditions
from civitai_engagement.store.curves import Curves
from civitai_engagement.store.doubts import Doubts
from civitai_engagement.store.engines import Engines
from civitai_engagement.store.export import Exports
from civitai_engagement.store.features import KeptFeatures
from civitai_engagement.store.findings import Findings
from civitai_engagement.store.followed import Followed
from civitai_engagement.store.history import History
from civitai_engagement.store.images import Images
from civitai_engagement.store.inheritance import Inheritance
from civitai_engagement.store.model_names import ModelNames
from civitai_engagement.store.periods import Periods
from civitai_engagement.store.post_list import PostList
from civitai_engagement.store.posts import Posts
from civitai_engagement.store.queries import Connection, load
from civitai_engagement.store.recordings import Recordings
from civitai_engagement.store.runs import Runs
from civitai_engagement.store.shares import Shares
from civitai_engagement.store.turns import Turns
from civitai_engagement.store.upkeep import Upkeep
from civitai_engagement.store.watches import Watches

Noun = TypeVar("Noun")


def _noun(make: Callable[[Connection], Noun]) -> cached_property[Noun]:
    """Make a noun of the ledger's connection when it is first asked for: a transaction needs two or three of them."""
    return cached_property(lambda ledger: make(ledger._connection))  # noqa: SLF001 # it is the ledger's own


@dataclass(frozen=True, slots=True)
class StoredTotals:
    """How much is stored; how much is followed, and how much history it has, `Activity` says."""

    posts: int
    assets: int
    suspects: int
    rejects: int


class Ledger:
    """Everything stored, seen through one connection, which stays inside the store.

    Of the posts in `changed` every process is told when the transaction is committed.
    """

    images = _noun(Images)
    posts = _noun(Posts)
    post_list = _noun(PostList)
    assets = _noun(Assets)
    doubts = _noun(Doubts)
    recordings = _noun(Recordings)
    history = _noun(History)
    curves = _noun(Curves)
    shares = _noun(Shares)
    periods = _noun(Periods)
    watches = _noun(Watches)
    followed = _noun(Followed)
    runs = _noun(Runs)
    upkeep = _noun(Upkeep)
    features = _noun(KeptFeatures)
    model_names = _noun(ModelNames)
    findings = _noun(Findings)
    conditions = _noun(Conditions)
    alarms = _noun(Alarms)
    engines = _noun(Engines)
    batches = _noun(Batches)
    inheritance = _noun(Inheritance)
    exports = _noun(Exports)
    turns = _noun(Turns)

    def __init__(self, connection: Connection, changed: set[int]) -> None:
        self._connection = connection
        self.changed = changed

    async def totals(self) -> StoredTotals:
        """Count what is stored."""
        rows = await load("totals")["totals"].all(self._connection)
        return StoredTotals(**rows[0])
