"""Media files that users recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from civitai_engagement.records.engagement import DatabaseRow, Engagement, counters_of
from civitai_engagement.records.filters import AssetFilter
from civitai_engagement.records.media import Generation, Media, MediaType
from civitai_engagement.store.queries import Connection, Query, given, load


@dataclass(frozen=True, slots=True)
class RecordedPrompt:
    """A prompt that an asset was made from, or that was made from it."""

    prompt_id: int
    content: str
    llm_model_provider: str | None
    llm_model: str | None
    purpose: str | None


@dataclass(frozen=True, slots=True)
class RecordedAsset:
    """One asset with all that is stored about it; `media` where it is on Civitai."""

    asset_id: int
    type: str
    source: str
    url: str
    sha256sum: str | None
    image_id: int | None
    post_id: int | None
    post_title: str | None
    post_status: str | None
    post_url: str | None
    post_description: str | None
    input_prompt: RecordedPrompt | None
    output_prompt: RecordedPrompt | None
    input_asset_ids: tuple[int, ...]
    metadata: Mapping[str, Any]
    created_by: str
    on_behalf_of: str | None
    recorded_at: datetime
    updated_at: datetime
    media: Media | None
    engagement: Engagement


@dataclass(frozen=True, slots=True)
class MatchingAssets:
    """The first assets that match, how many do in all, and the ids of the next ones."""

    assets: tuple[RecordedAsset, ...]
    matches: int
    others: tuple[int, ...]


# Civitai serves one file in many sizes, each under an address of its own; the name inside all of them is the file's.
CIVITAI_FILE = (
    "a.asset_url like 'https://image.civitai.com/%' and split_part(a.asset_url, '/', 5) = substring(lower(:asset_url) "
    r"from '^(?:[^/]*//)?(?:[^/]*\.)?civitai\.com/[^?#]*?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:[/?#]|$)')"
)
CONDITIONS = {
    "asset_id": "a.asset_id = :asset_id",
    "sha256sum": "a.sha256sum = :sha256sum",
    "image_id": "a.image_id = :image_id",
    "asset_url": f"(a.asset_url in (:asset_url, regexp_replace(:asset_url, '/?([?#].*)?$', '')) or {CIVITAI_FILE})",
    "post_id": "a.post_id = :post_id",
    "on_behalf_of": "lower(a.on_behalf_of) = lower(:on_behalf_of)",
    "asset_type": "a.asset_type = :asset_type",
}
# Postgres leaves out the join where nothing else is asked of the asset.
MENTIONED = "(select distinct asset_id from mentioning(:text)) as m left join assets as a using (asset_id)"


class Assets:
    """The recorded assets of one connection.

    >>> new = await assets.record(media, post_id=7, created_by="ada", now=now)
    >>> (asset,) = (await assets.find(AssetFilter(image_id=42), now=now, limit=1)).assets
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("assets")

    async def record(
        self,
        media: Sequence[Media],
        *,
        post_id: int,
        created_by: str,
        now: datetime,
        digests: Mapping[int, str] | None = None,
    ) -> int:
        """Record the media of a post, one asset per Civitai image; says how many are new.

        `digests` are SHA-256 sums by image id, where known.
        """
        new: int = await self._sql["upsert"].value(
            self._connection,
            types=[str(item.type) for item in media],
            post_id=post_id,
            created_by=created_by,
            now=now,
            **_files(media, digests or {}),
        )
        return new

    async def adopt(
        self, media: Sequence[Media], *, post_id: int, actor: str, now: datetime, digests: Mapping[int, str]
    ) -> int:
        """Recognise files recorded before they were published in this post; says how many."""
        adopted: int = await self._sql["adopt"].value(
            self._connection, post_id=post_id, actor=actor, now=now, **_files(media, digests)
        )
        return adopted

    async def keep_prompts(self, post_id: int, *, created_by: str, now: datetime) -> None:
        """Record the prompts a post's media were generated from, and point the assets to them."""
        await self._sql["lock_prompts"].run(self._connection, post_id=post_id)
        await self._sql["keep_prompts"].run(self._connection, post_id=post_id, created_by=created_by, now=now)
        await self._sql["link_prompts"].run(self._connection, post_id=post_id)

    async def is_only_recorded(self, asset_id: int) -> bool:
        """Say whether an asset holds nothing but what recording a post put there."""
        return bool(await self._sql["is_only_recorded"].value(self._connection, asset_id=asset_id))

    async def hand_over(self, old: int, new: int, *, actor: str, now: datetime) -> None:
        """Let what was made from one asset be made from another."""
        await self._sql["hand_over"].run(self._connection, old=old, new=new, actor=actor, now=now)

    async def find(self, wanted: AssetFilter, *, now: datetime, limit: int, others: int = 0) -> MatchingAssets:
        """Give the first matching assets by id, how many match in all, and the ids of at most so many `others`.

        Their gains are those up to `now`.
        """
        values = given(wanted)
        rows = await finding(*values).all(self._connection, now=now, limit=limit, others=others, **values)
        if not rows:
            return MatchingAssets((), 0, ())
        return MatchingAssets(tuple(map(_recorded, rows)), rows[0]["matches"], tuple(rows[0]["others"]))


def finding(*names: str) -> Query:
    """Spell the search for assets by the criteria of `AssetFilter` of these names."""
    find = load("assets")["find"]
    source = find.of(MENTIONED) if "text" in names else find
    return source.where(*(CONDITIONS[name] for name in names if name != "text"))


def _files(media: Sequence[Media], digests: Mapping[int, str]) -> dict[str, Any]:
    return {
        "ids": [item.id for item in media],
        "urls": [item.url for item in media],
        "digests": [digests.get(item.id) for item in media],
    }


def _recorded(row: DatabaseRow) -> RecordedAsset:
    names = ("asset_id", "sha256sum", "image_id", "post_id", "post_url", "metadata", "created_by", "on_behalf_of")
    return RecordedAsset(
        **{name: row[name] for name in names},
        type=row["asset_type"],
        source=row["asset_source"],
        url=row["asset_url"],
        post_title=row["title"],
        post_status=row["status"],
        post_description=row["description"],
        input_prompt=_prompt(row, "input"),
        output_prompt=_prompt(row, "output"),
        input_asset_ids=tuple(row["input_asset_ids"]),
        recorded_at=row["recorded_at"],
        updated_at=row["updated_at"],
        media=_media(row),
        engagement=_engagement(row),
    )


def _prompt(row: DatabaseRow, which: str) -> RecordedPrompt | None:
    prompt_id = row[f"{which}_prompt_id"]
    if prompt_id is None:
        return None
    names = ("content", "llm_model_provider", "llm_model", "purpose")
    return RecordedPrompt(prompt_id, **{name: row[f"{which}_{name}"] for name in names})


def _engagement(row: DatabaseRow) -> Engagement:
    counters = counters_of(row)
    return Engagement(
        counters=counters,
        as_of=row["as_of"],
        gain_24h=row["gain_24h"],
        gain_7d=row["gain_7d"],
        is_since_publication=bool(row["is_since_publication"]),
        known=int(counters is not None),
        unconfirmed=bool(row["unconfirmed"]),
        state=row["state"] or "present",
    )


def _media(row: DatabaseRow) -> Media | None:
    if row["image_id"] is None:
        return None
    names = ("post_id", "username", "width", "height", "nsfw_level", "base_model")
    return Media(
        **{name: row[name] for name in names},
        id=row["image_id"],
        url=row["asset_url"],
        type=MediaType(row["asset_type"]),
        created_at=row["image_created_at"],
        model_version_ids=tuple(row["model_version_ids"] or ()),
        generation=_generation(row) if row["has_parameters"] else None,
    )


def _generation(row: DatabaseRow) -> Generation:
    names = ("prompt", "negative_prompt", "steps", "cfg_scale", "sampler", "scheduler", "clip_skip", "model_name")
    seed = row["seed"]
    return Generation(**{name: row[name] for name in names}, seed=None if seed is None else int(seed))
