"""What `/api/v1/images` is asked: its query parsed as Civitai parses it, faults included."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from civitai_engagement.sandbox import vocabulary as words
from civitai_engagement.sandbox import zod

JS_SPACE = " \t\n\v\f\r\u00a0\ufeff\u2028\u2029"
JS_RADIX = re.compile(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")
JS_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
USERNAME = re.compile(r"[A-Za-z0-9_]*")

MOST_ITEMS = 200
MOST_IDS = 100

Number = int | float
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Query:
    """One parsed query. `None` is absent; a 0 or "" was sent as such and filters nothing."""

    limit: Number = 100
    page: Number | None = None
    post_id: Number | None = None
    model_id: Number | None = None
    model_version_id: Number | None = None
    image_id: Number | None = None
    username: str | None = None
    user_id: Number | None = None
    period: str = "AllTime"
    sort: str = "Most Reactions"
    nsfw: int | None = None
    browsing_level: Number | None = None
    tags: tuple[Number, ...] | None = None
    cursor: str | None = None
    type: str | None = None
    base_models: tuple[str, ...] | None = None
    with_meta: bool = False
    requiring_meta: bool | None = None
    flat_meta: bool | None = None
    with_tags: bool = False
    ids: tuple[Number, ...] | None = None

    @property
    def paged(self) -> bool:
        """Whether it asks by page; a cursor wins over `page`."""
        return bool(self.page) and not self.cursor

    @property
    def level_mask(self) -> int:
        """The content levels an anonymous caller gets; nobody gets blocked media, an empty mask means PG."""
        asked = self.nsfw if self.browsing_level is None else int(self.browsing_level)
        return ((asked or 0) & ~words.BLOCKED & 0xFFFFFFFF) or 1


def read_query(pairs: Iterable[tuple[str, str]], *, ids_known: bool = False) -> tuple[Query, Sequence[zod.Issue]]:
    """Parse a query string; the query counts only when there are no issues."""
    reader = _Reader(_gathered(pairs))
    query = Query(  # read in the order of Civitai's schema, because issues are told in it
        limit=_or(reader.read("limit", _limit), 100),
        page=reader.read("page", _number),
        post_id=reader.read("postId", _number),
        model_id=reader.read("modelId", _number),
        model_version_id=reader.read("modelVersionId", _number),
        image_id=reader.read("imageId", _number),
        username=reader.read("username", _username),
        user_id=reader.read("userId", _number),
        period=reader.read("period", _option(words.PERIODS)) or "AllTime",
        sort=reader.read("sort", _option(words.SORTS)) or "Most Reactions",
        nsfw=reader.read("nsfw", _level),
        browsing_level=reader.read("browsingLevel", _mask),
        tags=reader.read("tags", _numbers),
        cursor=reader.read("cursor", _cursor),
        type=reader.read("type", _option(words.MEDIA_TYPES)),
        base_models=reader.read("baseModels", _base_models),
        with_meta=reader.read("withMeta", _flag) or False,
        requiring_meta=reader.read("requiringMeta", _flag),
        flat_meta=reader.read("flatMeta", _flag),
        with_tags=reader.read("withTags", _flag) or False,
        ids=reader.read("ids", _ids) if ids_known else None,
    )
    return query, reader.issues


def js_number(text: str) -> Number:
    """What JavaScript's `Number(text)` gives."""
    text = text.strip(JS_SPACE)
    if not text:
        return 0
    if JS_RADIX.fullmatch(text):
        return int(text, 0)
    if text in {"Infinity", "+Infinity", "-Infinity"}:
        return float(text)
    value = float(text) if JS_DECIMAL.fullmatch(text) else math.nan
    return int(value) if value.is_integer() else value


@dataclass(frozen=True, slots=True)
class _Refused:
    issues: tuple[zod.Issue, ...]


class _Reader:
    """Reads single parameters and notes the issues as it goes."""

    def __init__(self, values: Mapping[str, zod.Raw]) -> None:
        self.issues: list[zod.Issue] = []
        self._values = values

    def read(self, name: str, parse: Callable[[zod.Raw, str], Value | _Refused]) -> Value | None:
        raw = self._values.get(name)
        if raw is None:
            return None
        value = parse(raw, name)
        if not isinstance(value, _Refused):
            return value
        self.issues.extend(value.issues)
        return None


def _refuse(*issues: zod.Issue) -> _Refused:
    return _Refused(issues)


def _number(raw: zod.Raw, name: str) -> Number | _Refused:
    if isinstance(raw, list):
        return _refuse(zod.wrong_type("number", raw, [name]))
    value = js_number(raw)
    if math.isnan(value):
        return _refuse(zod.not_convertible(raw, [name]))
    return _refuse(zod.not_finite(value, [name])) if math.isinf(value) else value


def _limit(raw: zod.Raw, name: str) -> Number | _Refused:
    value = _number(raw, name)
    if isinstance(value, _Refused):
        return value
    if value < 0:
        return _refuse(zod.too_small(0, [name]))
    return _refuse(zod.too_big(MOST_ITEMS, [name])) if value > MOST_ITEMS else value


def _mask(raw: zod.Raw, name: str) -> Number | _Refused:
    value = math.nan if isinstance(raw, list) else js_number(raw)
    return value if math.isfinite(value) else _refuse(zod.not_finite(value, [name]))


def _numbers(raw: zod.Raw, name: str) -> tuple[Number, ...] | _Refused:
    values = tuple(js_number(text) for text in _parts(raw))
    issues = [zod.not_finite(value, [name, place]) for place, value in enumerate(values) if not math.isfinite(value)]
    return _refuse(*issues) if issues else values


def _ids(raw: zod.Raw, name: str) -> tuple[Number, ...] | _Refused:
    values = _numbers(raw, name)
    if isinstance(values, tuple) and len(values) > MOST_IDS:
        return _refuse(zod.too_big(MOST_IDS, [name], origin="array"))
    return values


def _base_models(raw: zod.Raw, name: str) -> tuple[str, ...] | _Refused:
    values, known = _parts(raw), words.BASE_MODELS
    issues = [zod.not_an_option(known, [name, place]) for place, value in enumerate(values) if value not in known]
    return _refuse(*issues) if issues else tuple(values)


def _option(options: Sequence[str]) -> Callable[[zod.Raw, str], str | _Refused]:
    def parse(raw: zod.Raw, name: str) -> str | _Refused:
        known = isinstance(raw, str) and raw in options
        return str(raw) if known else _refuse(zod.not_an_option(options, [name]))

    return parse


def _username(raw: zod.Raw, name: str) -> str | _Refused:
    if isinstance(raw, list):
        return _refuse(zod.wrong_type("string", raw, [name]))
    if USERNAME.fullmatch(raw):
        return raw
    message = 'The "username" field can only contain letters, numbers, and _.'
    return _refuse(zod.bad_pattern("/^[A-Za-z0-9_]*$/", message, [name]))


def _flag(raw: zod.Raw, name: str) -> bool | _Refused:
    value = _as_flag(raw)
    return _refuse(zod.not_a_flag(raw, [name])) if value is None else value


def _level(raw: zod.Raw, name: str) -> int | _Refused | None:
    if isinstance(raw, str) and raw in words.LEVEL_WORDS:
        return words.LEVEL_WORDS[raw]
    flag = _as_flag(raw)
    if flag is not None:
        return words.NSFW_ONLY if flag else None
    no_word = zod.not_an_option(tuple(words.LEVEL_WORDS), [])
    return _refuse(zod.no_branch([[no_word], [zod.not_a_flag(raw, [])]], [name]))


def _cursor(raw: zod.Raw, name: str) -> str | _Refused:
    if isinstance(raw, str):
        return raw
    kinds = ("bigint", "number", "string", "date")
    return _refuse(zod.no_branch([[zod.wrong_type(kind, raw, [])] for kind in kinds], [name]))


def _parts(raw: zod.Raw) -> list[str]:
    return raw.split(",") if isinstance(raw, str) else raw


def _as_flag(raw: zod.Raw) -> bool | None:
    word = raw.lower() if isinstance(raw, str) else ""
    return True if word in words.TRUE_WORDS else False if word in words.FALSE_WORDS else None


def _or(value: Number | None, default: Number) -> Number:
    return default if value is None else value


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, zod.Raw]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}
