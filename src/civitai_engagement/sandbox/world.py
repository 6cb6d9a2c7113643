"""A synthetic Civitai whose truth is known: its time, its posts, its media, and how it is switched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

from civitai_engagement.clock import Clock, ManualClock, SystemClock
from civitai_engagement.errors import BadInput, NotFound
from civitai_engagement.sandbox.catalogue import ModelVersion, Post
from civitai_engagement.sandbox.genesis import EFFECTS, Genesis
from civitai_engagement.sandbox.growth import Pinned
from civitai_engagement.sandbox.items import NEVER, Absence, Item
from civitai_engagement.sandbox.planted import PLANS, WorldName
from civitai_engagement.sandbox.posting import Posting, model_versions

BEGINNING = datetime(2026, 8, 1, 12, tzinfo=UTC)
LEVELS = (1, 2, 4, 8, 16)
DAYS_TO_COME = 7


@dataclass(frozen=True, slots=True)
class Switches:
    """How this Civitai is built today; what it calls NEW is off unless switched on.

    `engine` answers where the legacy back end does not. `local_media` points item urls at the sandbox itself.
    `account` is whose the key is that this sandbox knows.
    """

    engine: Literal["feed", "index"] = "feed"
    keyset_cursors: bool = False
    ids: bool = False
    post_endpoint: bool = False
    posts_per_minute: int = 60
    restricted_region: bool = False
    local_media: bool = False
    thumbnails: bool = False
    account: str = "sandbox"


class WorldClock:
    """A clock over another one: it can be set and moved, and flows only if the other one does."""

    def __init__(self, source: Clock, start: datetime) -> None:
        self._source = source
        self._offset = start - source.now()

    def now(self) -> datetime:
        return self._source.now() + self._offset

    def advance(self, by: timedelta) -> None:
        self._offset += by

    def set(self, at: datetime) -> None:
        self._offset = at - self._source.now()


class World:
    """Everything the sandbox serves.

    >>> world = World.empty()
    >>> world.add_post(post_id=7, username="ana", items=gallery(45))
    >>> world.set_stats(world.items_of(7)[0].id, like=12)
    >>> world.clock.advance(timedelta(hours=4))
    """

    def __init__(self, clock: WorldClock, *, switches: Switches | None = None, seed: int = 0) -> None:
        self.clock = clock
        self.switches = switches or Switches()
        self.seed = seed
        self.name = WorldName.USUAL
        self.posts: dict[int, Post] = {}
        self.versions: dict[int, ModelVersion] = {}
        self.effects: Mapping[str, float] = {}
        self.phrases: Mapping[str, float] = {}
        self.threads: dict[tuple[str, int], list[dict[str, Any]]] = {}
        self._items: dict[int, Item] = {}
        self._by_post: dict[int, dict[int, Item]] = {}

    def comment(self, where: str, number: int, text: str, *, user: int = 1, **more: Any) -> None:
        """Write a comment under an image or a post, now unless said otherwise."""
        thread = self.threads.setdefault((where, number), [])
        told = {"id": 1 + sum(map(len, self.threads.values())), "content": f"<p>{text}</p>", "createdAt": self.now()}
        thread.append({**told, "reactionCount": 0, "user": {"id": user, "username": f"writer_{user}"}, **more})

    @classmethod
    def empty(cls, *, now: datetime = BEGINNING, live: bool = False, switches: Switches | None = None) -> Self:
        """A world without media; `live` lets its time flow with the machine's."""
        source: Clock = SystemClock() if live else ManualClock(now)
        return cls(WorldClock(source, now), switches=switches)

    @classmethod
    def grow(
        cls,
        *,
        seed: int = 7,
        creators: int = 12,
        posts: int = 60,
        now: datetime | None = None,
        live: bool = False,
        switches: Switches | None = None,
    ) -> Self:
        """A populated world, the same for the same seed and time; more posts appear in the week to come."""
        start = now or (SystemClock().now() if live else BEGINNING)
        world = cls.empty(now=start, live=live, switches=switches)
        world.seed = seed
        genesis = Genesis(seed=seed, creators=creators, posts=posts, now=start)
        world.effects = EFFECTS
        return world.fill(genesis.versions, genesis.population())

    @classmethod
    def planted(
        cls,
        name: WorldName,
        *,
        seed: int = 7,
        now: datetime | None = None,
        began_at: datetime | None = None,
        live: bool = False,
        switches: Switches | None = None,
    ) -> Self:
        """A world of sixty creators with habits, in which it is known what goes with reactions, and what only seems to.

        Its posts start at `began_at`; unless it is said, so early that those of one week are still to come.
        """
        start, plan = now or (SystemClock().now() if live else BEGINNING), PLANS[name]
        world = cls.empty(now=start, live=live, switches=switches)
        world.name, world.seed = name, seed
        world.effects, world.phrases = plan.effects, plan.phrases
        since = began_at or start - timedelta(days=plan.days - DAYS_TO_COME)
        versions = model_versions(since - timedelta(days=100))
        return world.fill(versions, Posting(plan, seed, since, versions).population())

    def fill(self, versions: Iterable[ModelVersion], population: Iterable[tuple[Post, list[Item]]]) -> Self:
        """Add a whole population, and the models it used."""
        self.versions = {version.id: version for version in versions}
        for post, items in population:
            self.posts[post.id] = post
            for item in items:
                self.put(item)
        return self

    def now(self) -> datetime:
        return self.clock.now()

    @property
    def items(self) -> Iterable[Item]:
        """All media, in the order they were added, which is post order."""
        return self._items.values()

    def item(self, image_id: int) -> Item:
        try:
            return self._items[image_id]
        except KeyError as unknown:
            raise NotFound(f"The sandbox has no image {image_id}.") from unknown

    def items_of(self, post_id: float) -> list[Item]:
        return list(self._by_post.get(int(post_id), {}).values())

    def items_by_id(self, ids: Iterable[float]) -> list[Item]:
        """Those of the ids that exist."""
        return [self._items[int(number)] for number in ids if number in self._items]

    def knows_user(self, username: str) -> bool:
        name = username.lower()
        known = (*(post.username for post in self.posts.values()), *(item.username for item in self.items))
        return any(user is not None and user.lower() == name for user in known)

    def add_post(
        self,
        *,
        post_id: int | None = None,
        username: str | None = "ana",
        items: Sequence[Item | Mapping[str, Any]] = (),
        title: str | None = None,
        detail: str | None = None,
        published_at: datetime | None = None,
        tags: tuple[tuple[int, str], ...] = (),
    ) -> Post:
        """Add a post with its media: specs, which take the post's user and date, or complete raw items."""
        number = post_id or max(self.posts, default=20_000_000) + 1
        post = Post(number, username, published_at or self.now(), title=title, detail=detail, tags=tags)
        self.posts[post.id] = post
        for item in items:
            self.add_item(item if isinstance(item, Item) else dict(item), post_id=post.id)
        return post

    def add_item(self, item: Item | Mapping[str, Any], *, post_id: int | None = None) -> Item:
        """Add one media, to a post where one is named; what a spec leaves out is filled in."""
        spec = item if isinstance(item, Item) else Item.verbatim(item)
        number = spec.id or max(self._items, default=100_000_000) + 1
        if number in self._items:
            raise BadInput(f"The sandbox already has an image {number}.")
        owner = self.posts.get(post_id or spec.post_id) or self._post_for(spec, post_id)
        published_at = spec.published_at or owner.published_at
        complete = replace(
            spec,
            id=number,
            post_id=spec.post_id or owner.id,
            username=owner.username if spec.username == "" else spec.username,
            published_at=published_at,
            uploaded_at=spec.uploaded_at or published_at,
        )
        return self.put(complete)

    def put(self, item: Item) -> Item:
        """Keep a complete item as it stands, in the place of the one with its id."""
        former = self._items.get(item.id, item)
        if former.post_id != item.post_id:
            del self._by_post[former.post_id][former.id]
        self._by_post.setdefault(item.post_id, {})[item.id] = item
        self._items[item.id] = item
        return item

    def set_stats(self, image_id: int, **counters: int) -> Item:
        """Pin the counters of one media; those not named stay as they are now."""
        item = self.item(image_id)
        pinned = replace(item.counts(self.now()), **counters)
        raw = item.raw and {**item.raw, "stats": pinned.wire()}
        return self.put(replace(item, counters=Pinned(pinned), raw=raw))

    def change(self, image_id: int, **fields: Any) -> Item:
        """Change any field of a spec: `world.change(1, level=4, hidden=True)`."""
        return self.put(replace(self.item(image_id), **fields))

    def remove(self, image_id: int, *, until: datetime = NEVER) -> Item:
        """Let a media vanish now, for good or until an instant."""
        item = self.item(image_id)
        return self.put(replace(item, absences=(*item.absences, Absence(self.now(), until))))

    def bring_back(self, image_id: int) -> Item:
        """End every absence of a media."""
        return self.put(replace(self.item(image_id), absences=()))

    def republish(self, image_id: int) -> Item:
        """Publish again: its sort date, and so the feed's `createdAt`, becomes now."""
        return self.put(replace(self.item(image_id), republished_at=self.now()))

    def truth(self, image_id: int, *, at: datetime | None = None) -> dict[str, Any]:
        """What is true of one media at an instant, whatever the API says."""
        item, instant = self.item(image_id), at or self.now()
        return {
            "image_id": item.id,
            "post_id": item.post_id,
            "username": item.username,
            "at": instant.isoformat(),
            "published_at": item.published_at and item.published_at.isoformat(),
            "counters": asdict(item.counts(instant)),
            "browsing_level": item.level,
            "present": item.present(instant),
            "hidden": item.hidden,
            "growth": item.counters.told(),
            "effects": dict(item.effects or {}),
        }

    def _post_for(self, spec: Item, post_id: int | None) -> Post:
        username = "ana" if spec.username == "" else spec.username
        return self.add_post(post_id=post_id or spec.post_id, username=username, published_at=spec.published_at)


def gallery(count: int, *, levels: Sequence[int] = LEVELS) -> list[Item]:
    """Plain media of one post, going round all content levels.

    >>> [item.level for item in gallery(3)]
    [1, 2, 4]
    """
    return [Item(level=levels[place % len(levels)]) for place in range(count)]
