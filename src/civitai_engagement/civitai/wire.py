"""The shapes Civitai sends, read into values: strict where an error would lie, lenient where Civitai varies."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic_core.core_schema import CoreSchema, with_default_schema

from civitai_engagement.civitai.metadata import normalise
from civitai_engagement.civitai.metadata.base_models import base_models
from civitai_engagement.civitai.metadata.hashes import read_hash
from civitai_engagement.civitai.urls import ID_MAX
from civitai_engagement.errors import UpstreamDown, UpstreamUnbelievable
from civitai_engagement.records.media import Counters, Media, MediaType, PostDetails, Reject, stem
from civitai_engagement.records.models import ModelVersion

T = TypeVar("T")
_RAW_CHARACTERS = 2_000
_MOST_VERSIONS = 1_000  # real media name some dozen
_COUNTER_MAX = 2**31 - 1
_AIR = re.compile(r"(?:urn:air:)?[^:]+:([^:]+):civitai:([0-9]{1,10})@[0-9]+.*")
_SUFFIXES = {"mp4": MediaType.VIDEO, "webm": MediaType.VIDEO, "mp3": MediaType.AUDIO, "wav": MediaType.AUDIO}


class _NoneIfUnfit:
    """Reads as None what does not fit, within pydantic's core: a function would be called twenty times an item."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return with_default_schema(handler(source), default=None, on_error="default")


def _no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a truth value is not a number")  # noqa: TRY004  # pydantic counts only ValueError as unfit
    return value


def _clean(text: str) -> str:
    """Drop what Postgres text cannot hold: NUL and lone surrogates."""
    if text.isascii():
        return text.replace("\0", "")
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def _worded(text: str) -> str:
    cleaned = _clean(text).strip()
    if not cleaned:
        raise ValueError("not said")
    return cleaned


def _said(text: str) -> str:
    """Read what Civitai itself says, which writes "unknown" where it does not know; people may mean the word."""
    cleaned = _worded(text)
    if cleaned == "unknown":
        raise ValueError("not said")
    return cleaned


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("not an instant")  # noqa: TRY004  # pydantic counts only ValueError as unfit
    read = datetime.fromisoformat(value)
    try:
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not an instant") from error


Lenient = Annotated[T | None, _NoneIfUnfit()]
Id = Annotated[int, BeforeValidator(_no_bool), Field(ge=1, le=ID_MAX)]
Count = Annotated[StrictInt, Field(ge=0, le=_COUNTER_MAX)]
Text = Annotated[StrictStr, AfterValidator(_said)]
Words = Annotated[StrictStr, AfterValidator(_worded)]
BaseModelName = Annotated[StrictStr, AfterValidator(_worded), AfterValidator(base_models), AfterValidator(_worded)]
Instant = Annotated[datetime, BeforeValidator(_instant)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)


class _Stats(_Wire):
    like_count: Count
    heart_count: Count
    laugh_count: Count
    cry_count: Count
    dislike_count: Lenient[Count] = None
    comment_count: Count

    def counters(self) -> Counters:
        return Counters(**{name.removesuffix("_count"): count for name, count in self})


class _Item(_Wire):
    id: Id
    url: Lenient[Text] = None
    type: Lenient[MediaType] = None
    post_id: Lenient[Id] = None
    width: Lenient[Id] = None
    height: Lenient[Id] = None
    hash: Lenient[Text] = None
    nsfw: Lenient[StrictBool] = None
    nsfw_level: Lenient[Text] = None
    browsing_level: Lenient[Id] = None
    created_at: Lenient[Instant] = None
    username: Lenient[Text] = None
    base_model: Lenient[BaseModelName] = None
    model_version_ids: Lenient[list[Lenient[Id]]] = None
    stats: Lenient[_Stats] = None
    meta: Any = None

    def media(self, *, with_meta: bool) -> Media:
        named = [version for version in self.model_version_ids or () if version is not None]
        versions = tuple(named[:_MOST_VERSIONS])
        return Media(
            id=self.id,
            url=self.url or "",
            type=self.type or _type_of(self.url or ""),
            post_id=self.post_id,
            width=self.width,
            height=self.height,
            hash=self.hash,
            nsfw=self.nsfw,
            nsfw_level=self.nsfw_level,
            browsing_level=self.browsing_level,
            created_at=self.created_at,
            username=self.username,
            base_model=self.base_model,
            model_version_ids=versions,
            counters=self.stats.counters() if self.stats else None,
            generation=normalise(self.meta, model_version_ids=versions) if with_meta else None,
        )


class _User(_Wire):
    username: Lenient[Text] = None


class _Tag(_Wire):
    name: Words


class _Post(_Wire):
    id: Id
    title: Lenient[Words] = None
    detail: Lenient[Words] = None
    user: Lenient[_User] = None
    published_at: Lenient[Instant] = None
    nsfw_level: Lenient[Id] = None
    tags: Lenient[list[Lenient[_Tag]]] = None

    def post(self) -> PostDetails:
        return PostDetails(
            id=self.id,
            title=self.title,
            detail=self.detail,
            username=self.user.username if self.user else None,
            published_at=self.published_at,
            nsfw_level=self.nsfw_level,
            tags=tuple(tag.name for tag in self.tags or () if tag),
        )


class _Version(_Wire):
    version_name: Lenient[Words] = None
    model_name: Lenient[Words] = None
    base_model: Lenient[Text] = None
    published_at: Lenient[Instant] = None
    air: Lenient[Text] = None
    file_name: Lenient[Words] = None
    hashes: Lenient[dict[str, Any]] = None

    def version(self, version_id: int) -> ModelVersion:
        air = _AIR.fullmatch(self.air or "")
        return ModelVersion(
            id=version_id,
            name=self.version_name,
            model_id=int(air[2]) if air else None,
            model_name=self.model_name,
            type=air[1] if air else None,
            base_model=self.base_model,
            published_at=self.published_at,
            air=self.air,
            file=stem(self.file_name) if self.file_name else None,
            hashes=tuple(sorted(set(filter(None, map(read_hash, (self.hashes or {}).values()))))),
        )


class Me(_Wire):
    """Whose API key this is."""

    id: Id
    username: Lenient[Text] = None
    tier: Lenient[Text] = None
    status: Lenient[Text] = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of Civitai's image list, and the cursor to the next."""

    media: tuple[Media, ...]
    rejects: tuple[Reject, ...]
    cursor: str | None


def read_item(raw: object, *, with_meta: bool = True) -> Media | Reject:
    """Read one item of the image list; without a usable id it cannot be kept apart from others."""
    try:
        return _Item.model_validate(raw).media(with_meta=with_meta)
    except ValidationError:
        return Reject("image", "it has no usable id", _raw(raw))


def read_listing(body: object, *, with_meta: bool = False, most: int | None = None) -> Listing:
    """Read one page of the image list. An item that cannot be read does not cost its neighbours."""
    if not isinstance(body, Mapping) or not isinstance(body.get("items"), list):
        raise UpstreamDown("Civitai answered with data of another shape than a list.")
    if most is not None and len(body["items"]) > most:
        raise UpstreamUnbelievable(f"Civitai answered with {len(body['items']):,} items where {most} were asked for.")
    read = [(read_item(raw, with_meta=with_meta), raw) for raw in body["items"]]
    return Listing(
        media=tuple(item for item, _ in read if isinstance(item, Media)),
        rejects=tuple(reject for item, raw in read if (reject := _reject(item, raw))),
        cursor=_cursor(body.get("metadata")),
    )


def read_post(body: object) -> PostDetails:
    return _read(_Post, body).post()


def read_version(body: object, version_id: int) -> ModelVersion:
    return _read(_Version, body).version(version_id)


def read_me(body: object) -> Me:
    return _read(Me, body)


_Model = TypeVar("_Model", bound=_Wire)


def _read(model: type[_Model], body: object) -> _Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise UpstreamDown("Civitai answered with data of another shape than expected.") from error


def _reject(item: Media | Reject, raw: object) -> Reject | None:
    if isinstance(item, Reject):
        return item
    if item.counters is None:
        return Reject(f"image {item.id}", "its counters are missing, negative or not whole numbers", _raw(raw))
    return None


def _cursor(metadata: object) -> str | None:
    """Read the cursor; the legacy back end sends a number."""
    cursor = metadata.get("nextCursor") if isinstance(metadata, Mapping) else None
    return None if cursor is None or isinstance(cursor, bool) else str(cursor) or None


def _type_of(url: str) -> MediaType:
    return _SUFFIXES.get(url.partition("?")[0].rpartition(".")[2].lower(), MediaType.IMAGE)


def _raw(value: object) -> str:
    try:
        return json.dumps(value)[:_RAW_CHARACTERS]
    except (ValueError, RecursionError):
        return ""
