"""Features as they are kept: which are to be read off anew, and all those of a scope at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from civitai_engagement.records.engagement import DatabaseRow
from civitai_engagement.records.features import Features
from civitai_engagement.records.made import AGES, STUDIED_MEDIA, MadeCoverage, MadeMedia, MadeScope, Sampled
from civitai_engagement.records.media import Counters, Generation, Resource
from civitai_engagement.store.queries import Connection, load

if TYPE_CHECKING:
    import asyncpg

HOUR = timedelta(hours=1)
NAMED = ("sampler", "scheduler", "base_family", "checkpoint")
PLAIN = (
    *("has_parameters", "steps", "cfg", "clip_skip", "denoise", "is_hires", "is_seed_odd", "prompt_words"),
    *("negative_words", "megapixels", "shape", "lora_weight"),
)
_TOLD = (
    *("prompt", "negative_prompt", "steps", "cfg_scale", "sampler", "scheduler", "clip_skip", "denoise"),
    *("model_name", "additional"),
)
_counts = itemgetter(*AGES)
_KEPT = [one for one in Features.__slots__ if one not in {"phrases", "negative_phrases"}]  # the last two are not kept
_columns = itemgetter(*_KEPT)
_NAMED_PLACES, _LORAS = [_KEPT.index(one) for one in NAMED], _KEPT.index("loras")
CONDITIONS = {
    "creator": "lower(i.username) = lower(:creator)",
    "but_creator": "lower(i.username) <> lower(:but_creator)",
    "since": "i.published_at >= :since",
    "until": "i.published_at <= :until",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What one media had from an instant on; before, the last count had held until `previous_observed_at`."""

    collected_at: datetime
    previous_observed_at: datetime | None
    reactions: int
    comments: int


@dataclass(frozen=True, slots=True)
class Unread:
    """All that the features of one media are read off: how it was made, and what it had when, as last known `as_of`."""

    image_id: int
    published_at: datetime | None
    width: int | None
    height: int | None
    base_model: str | None
    as_of: datetime | None
    made: Generation | None
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class ReadOff:
    """The features of one media; `due_at` is when it passes the next age."""

    image_id: int
    features: Features
    sampled: Sampled
    comments_72h: float | None
    due_at: datetime | None


class KeptFeatures:
    """The features of one connection.

    >>> await kept.made(MadeScope(creator="Ada"), limit=10_000)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("features")

    async def outdated(self, *, rules: int, now: datetime, limit: int) -> list[int]:
        """Name media whose features are to be read off: because they passed an age, or something changed."""
        rows = await self._sql["outdated"].all(self._connection, rules=rules, now=now, limit=limit)
        return [row["image_id"] for row in rows]

    async def left(self, *, rules: int) -> int:
        """Count the media whose features are to be read off because something changed."""
        return int(await self._sql["left"].value(self._connection, rules=rules))

    async def outdate(self, ids: Collection[int]) -> None:
        await self._sql["outdate"].run(self._connection, ids=list(ids))

    async def outdate_all(self) -> None:
        await self._sql["outdate_all"].run(self._connection)

    async def unread(self, ids: Sequence[int]) -> list[Unread]:
        """Give what the features of images are read off."""
        seen: dict[int, list[Seen]] = {one: [] for one in ids}
        for image_id, *row in await self._sql["counted"].all(self._connection, ids=list(ids)):
            seen[image_id].append(Seen(*row))
        rows = await self._sql["made"].all(self._connection, ids=list(ids))
        return [_unread(row, seen[row["image_id"]]) for row in rows]

    async def keep(self, read: Sequence[ReadOff], *, rules: int, now: datetime) -> None:
        """Keep features, in one statement but for names that are new."""
        terms = sorted({term for one in read for term in _terms(one.features)})
        kinds, names = zip(*terms, strict=True) if terms else ((), ())
        await self._sql["add_terms"].run(self._connection, kinds=list(kinds), terms=list(names))
        await self._sql["keep"].run(self._connection, rows=[_row(one) for one in read], rules=rules, now=now)

    async def made(self, scope: MadeScope, *, limit: int) -> list[MadeMedia]:
        """Give the media of a scope as they were made, the newest first; of all that is followed, of the newest."""
        rows = await self._ask("scope", scope, limit=limit)
        terms = await self._spelled(rows)
        return [_media(row, terms) for row in rows]

    async def prompts(self, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Give prompt and negative prompt of the images that have any."""
        rows = await self._sql["prompts"].all(self._connection, ids=list(ids))
        return {row["image_id"]: (row["prompt"] or "", row["negative_prompt"] or "") for row in rows}

    async def counters(self, creators: Sequence[str]) -> dict[str, Counters]:
        """Give what all media of each creator have by now, by the creator's name in lower case."""
        rows = await self._sql["counters"].all(self._connection, creators=[one.lower() for one in creators])
        names = ("like", "heart", "laugh", "cry", "comment")
        return {row["creator"]: Counters(dislike=None, **{name: row[name] for name in names}) for row in rows}

    async def size(self, scope: MadeScope, *, limit: int) -> int:
        """Count the media of a scope, up to a limit."""
        return int((await self._ask("size", scope, limit=limit))[0]["count"])

    async def coverage(self, scope: MadeScope) -> MadeCoverage:
        """Say what there is in a scope, and what of it counts."""
        return MadeCoverage(**dict((await self._ask("coverage", scope))[0]))

    async def _ask(self, name: str, scope: MadeScope, **more: object) -> "list[asyncpg.Record]":
        given = {one: value for one in CONDITIONS if (value := getattr(scope, one)) is not None}
        query = self._sql[name].where(*(CONDITIONS[one] for one in given))
        wanted = {"media_type": scope.media_type, "base_model": scope.base_model, "studied": STUDIED_MEDIA}
        return await query.planned(self._connection, **given, **wanted, **more)

    async def _spelled(self, rows: Iterable[DatabaseRow]) -> dict[int | None, str]:
        ids = {row[name] for row in rows for name in NAMED} | {one for row in rows for one in row["loras"] or ()}
        told = await self._sql["terms"].all(self._connection, ids=list(ids - {None}))
        return {row["term_id"]: row["term"] for row in told}


def _unread(row: DatabaseRow, seen: Sequence[Seen]) -> Unread:
    names = ("image_id", "published_at", "width", "height", "base_model", "as_of")
    made = _generation(row) if row["is_told"] else None
    return Unread(**{name: row[name] for name in names}, made=made, seen=tuple(seen))


def _generation(row: DatabaseRow) -> Generation:
    seed = row["seed"]
    return Generation(
        **{name: row[name] for name in _TOLD},
        seed=None if seed is None else int(seed),
        resources=tuple(Resource(**one) for one in row["resources"] or ()),
    )


def _terms(one: Features) -> Iterable[tuple[str, str]]:
    names = [(kind, getattr(one, kind)) for kind in NAMED]
    return [pair for pair in (*names, *(("lora", name) for name in one.loras or ())) if pair[1] is not None]


def _row(one: ReadOff) -> dict[str, Any]:
    features = {name: value for name, value in asdict(one.features).items() if name in {*NAMED, *PLAIN, "loras"}}
    due_at = one.due_at.isoformat() if one.due_at else None
    counts = dict(zip(AGES, one.sampled.counts, strict=True))
    return {"image_id": one.image_id, "due_at": due_at, "comments_72h": one.comments_72h, **features, **counts}


def _media(row: DatabaseRow, terms: Mapping[int | None, str]) -> MadeMedia:
    published_at, as_of = row["published_at"], row["as_of"]
    hours = None if as_of is None else (as_of - published_at) / HOUR
    latest = None if row["latest"] is None else float(row["latest"])
    return MadeMedia(
        image_id=row["id"],
        post_id=row["post_id"],
        creator=row["username"],
        published_at=published_at,
        kind=row["type"],
        level=row["browsing_level"],
        place=row["place"],
        post_size=row["post_size"],
        features=_features(row, terms),
        sampled=Sampled(_counts(row), latest, hours),
        as_of=as_of,
    )


def _features(row: DatabaseRow, terms: Mapping[int | None, str]) -> Features:
    """Spell out one of thousands of rows: by place, which takes a third of the time of names."""
    told: list[Any] = list(_columns(row))
    for place in _NAMED_PLACES:
        told[place] = terms.get(told[place])
    if (loras := told[_LORAS]) is not None:
        told[_LORAS] = tuple(sorted({terms[one] for one in loras}))
    return Features(*told)
