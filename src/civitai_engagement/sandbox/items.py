"""One media of the sandbox, and the JSON item each of Civitai's back ends makes of it."""

import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from civitai_engagement.sandbox.growth import Counts, Growth, Pinned

ACCOUNT = "xG1nkqKTMzGDvpLrqFT7WA"
LEVEL_NAMES = {1: "None", 2: "Soft", 4: "Mature", 8: "X", 16: "X", 32: "Blocked"}
EXTENSIONS = {"image": "jpeg", "video": "mp4", "audio": "mp3"}
UNNOTICED = Pinned(Counts())
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


class BackEnd(StrEnum):
    """Which of Civitai's three back ends answers; it decides most quirks."""

    FEED = "feed"
    INDEX = "index"
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True)
class Absence:
    """A span in which a media is not returned at all; without `until` it is gone for good."""

    since: datetime
    until: datetime = NEVER


@dataclass(frozen=True, slots=True)
class Item:
    """One image, video or audio. What is left out, the world fills in when it is added.

    `hidden` media stand in the index but are shown to nobody, which makes short pages. `base_models` are those of all
    its checkpoints; `manual_version_ids` were named by hand and only the legacy back end lists them. `raw` is a
    complete item served as it stands: only the meta switch and counters set later touch it.

    >>> Item(level=4, counters=Pinned(Counts(like=12)))
    """

    id: int = 0
    post_id: int = 0
    username: str | None = ""
    type: str = "image"
    level: int = 1
    counters: Growth | Pinned = UNNOTICED
    uploaded_at: datetime | None = None
    published_at: datetime | None = None
    republished_at: datetime | None = None
    hash: str | None = "UFE~S3VtvxofDhD%tRWBGu?bMxM{jFIUxuj["
    width: int | None = 832
    height: int | None = 1216
    meta: Mapping[str, Any] | None = None
    base_models: tuple[str, ...] | None = ("SDXL 1.0",)
    model_version_ids: tuple[int, ...] = ()
    manual_version_ids: tuple[int, ...] = ()
    tags: tuple[tuple[int, str], ...] = ()
    hidden: bool = False
    absences: tuple[Absence, ...] = ()
    effects: Mapping[str, float] | None = None
    raw: Mapping[str, Any] | None = None

    @classmethod
    def verbatim(cls, raw: Mapping[str, Any]) -> Self:
        """An item that is served as it stands."""
        made_at = _instant(raw.get("createdAt"))
        base_model, username, kind = raw.get("baseModel"), raw.get("username"), raw.get("type")
        return cls(
            id=_whole(raw.get("id")),
            post_id=_whole(raw.get("postId")),
            username=username if isinstance(username, str) else None,
            type=kind if kind in EXTENSIONS else "image",
            level=_whole(raw.get("browsingLevel")) or 1,
            counters=Pinned(_counts(raw.get("stats"))),
            uploaded_at=made_at,
            published_at=made_at,
            meta=raw.get("meta"),
            base_models=(base_model,) if isinstance(base_model, str) else None,
            model_version_ids=tuple(raw.get("modelVersionIds") or ()),
            raw=raw,
        )

    @property
    def sorted_at(self) -> datetime:
        """The date Civitai sorts by, and says as `createdAt` on the feed."""
        return self.republished_at or self.published_at or NEVER

    @property
    def uuid(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox/{self.id}"))

    @property
    def file_name(self) -> str:
        return f"{self.uuid}.{EXTENSIONS[self.type]}"

    def counts(self, at: datetime) -> Counts:
        """The true counters at an instant."""
        return self.counters.counts(at - (self.published_at or NEVER))

    def present(self, at: datetime) -> bool:
        """Whether it is published and not gone at an instant."""
        return self.sorted_at <= at and not any(gone.since <= at < gone.until for gone in self.absences)


@dataclass(frozen=True, slots=True)
class View:
    """How items are to be shown: by which back end, at what instant, with which of the extras."""

    back_end: BackEnd
    at: datetime
    with_meta: bool = False
    nested_meta: bool = False
    with_tags: bool = False
    media_origin: str | None = None
    thumbnails: bool = False


def item_json(item: Item, view: View) -> dict[str, Any]:
    """One item, keys in Civitai's order."""
    if item.raw is not None:
        return _verbatim_json(item, item.raw, view)
    legacy = view.back_end is BackEnd.LEGACY
    made_at = item.uploaded_at if legacy else item.sorted_at
    shown = {
        "id": item.id,
        "url": _url(item, view),
        "hash": item.hash,
        "width": item.width,
        "height": item.height,
        "nsfwLevel": LEVEL_NAMES.get(item.level, "None"),
        "type": item.type,
        "nsfw": LEVEL_NAMES.get(item.level, "None") != "None",
        "browsingLevel": item.level,
        "createdAt": made_at and js_instant(made_at),
        "postId": item.post_id,
        "stats": item.counts(view.at).wire(),
        "meta": _meta(item, view),
    }
    return shown | _origins(item, view) | _extras(item, view)


def js_instant(at: datetime) -> str:
    """An instant as JavaScript writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def user_id(username: str) -> int:
    """The id of a user: stable, and the same for every spelling of the name."""
    return zlib.crc32(username.lower().encode()) % 9_000_000 + 1


def _verbatim_json(item: Item, raw: Mapping[str, Any], view: View) -> dict[str, Any]:
    shown = dict(raw)
    if "meta" in shown:
        shown["meta"] = _meta(item, view)
    return shown


def _meta(item: Item, view: View) -> Mapping[str, Any] | None:
    if not view.with_meta:
        return None
    return {"id": item.id, "meta": item.meta} if view.nested_meta else item.meta


def _origins(item: Item, view: View) -> dict[str, Any]:
    if view.back_end is BackEnd.LEGACY:
        base_model = item.base_models[0] if item.base_models else None
        return {
            "username": item.username,
            "baseModel": base_model,
            "modelVersionIds": [*item.model_version_ids, *item.manual_version_ids],
        }
    username = {"username": item.username} if item.username is not None else _nobody(view)
    base_model = None if item.base_models is None else "".join(item.base_models)
    return {**username, "baseModel": base_model, "modelVersionIds": list(item.model_version_ids)}


def _nobody(view: View) -> dict[str, Any]:
    return {} if view.back_end is BackEnd.INDEX else {"username": "unknown"}


def _extras(item: Item, view: View) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    if view.with_tags:
        extras["tags"] = [{"id": number, "name": name} for number, name in item.tags]
    if view.thumbnails:
        extras["thumbnail"] = _thumbnail(item, view) if item.type == "video" else None
    return extras


def _thumbnail(item: Item, view: View) -> dict[str, Any]:
    still = replace(item, type="image")
    return {"url": _url(still, view), "width": item.width, "height": item.height}


def _url(item: Item, view: View) -> str:
    if view.media_origin is not None:
        return f"{view.media_origin}/media/{item.file_name}"
    return f"https://image.civitai.com/{ACCOUNT}/{item.uuid}/original=true/{item.file_name}"


def _instant(value: object) -> datetime:
    """A date that cannot be read is an old one: what is served verbatim may be anything."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return LONG_AGO
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _counts(stats: object) -> Counts:
    told = stats if isinstance(stats, Mapping) else {}
    names = ("like", "heart", "laugh", "cry", "dislike", "comment")
    return Counts(**{name: _whole(told.get(f"{name}Count")) for name in names})
