"""Media as answers show them: rows with their counters, and totals that never take the unknown for zero."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from civitai_engagement.analysis import ratios
from civitai_engagement.answers.answer import clean, count, shown, utc
from civitai_engagement.records.media import COUNTERS, SIX, Counters, Generation, Media, added

PROMPT_LIMIT = 600
_USUAL_URL = re.compile(r"(https://image\.civitai\.com/[^/]+/)([^/]+)/original=true/\2(\.\w+)")
COLUMNS = "id|type|like|heart|laugh|cry|comment|size|created|level|file"
DISLIKES = "dislike is 0 everywhere: Civitai no longer counts dislikes"


@dataclass(slots=True)
class Stats:
    """The six counters of one media."""

    like: int
    heart: int
    laugh: int
    cry: int
    dislike: int | None
    comment: int


@dataclass(slots=True)
class Dimensions:
    """Width and height in pixels; null where Civitai does not say."""

    width: int | None
    height: int | None


class AssetRow(BaseModel):
    """One media of a post. `engagement_stats` is null where unknown. The last five only with details."""

    civitai_image_id: str
    asset_url: str
    type: str
    engagement_stats: Stats | None
    dimensions: Dimensions
    created_at: str | None
    username: str | None
    nsfw: bool | None
    nsfw_level: str | None
    civitai_post_id: str | None = None
    browsing_level: int | None = None
    base_model: str | None = None
    model_version_ids: list[str] | None = None
    generation: dict[str, Any] | None = None


class Totals(BaseModel):
    """Sums over the media whose counters are known (`known` of `media`); null where none is.

    Ratios are between 0 and 1 or null where undefined; `undefined` says why.
    """

    media: int
    known: int
    stats: Stats | None
    reactions: int | None
    positive_ratio: float | None
    discussion_depth: float | None
    controversy: float | None = None
    undefined: dict[str, str]


def stats(counters: Counters | None) -> Stats | None:
    return None if counters is None else Stats(*SIX(counters))


def asset_row(media: Media, *, details: bool = False) -> AssetRow:
    """Show one media; without details the detail keys are absent."""
    slim: dict[str, Any] = {
        "civitai_image_id": str(media.id),
        "asset_url": media.url,
        "type": str(media.type),
        "engagement_stats": stats(media.counters),
        "dimensions": Dimensions(width=media.width, height=media.height),
        "created_at": utc(media.created_at),
        "username": clean(media.username, 60),
        "nsfw": media.nsfw,
        "nsfw_level": clean(media.nsfw_level, 20),
    }
    return AssetRow(**slim, **_details(media)) if details else AssetRow(**slim)


def _details(media: Media) -> dict[str, Any]:
    return {
        "civitai_post_id": None if media.post_id is None else str(media.post_id),
        "browsing_level": media.browsing_level,
        "base_model": clean(media.base_model, 100),
        "model_version_ids": [str(one) for one in media.model_version_ids],
        "generation": generation(media.generation),
    }


def generation(made: Generation | None) -> dict[str, Any] | None:
    """Show how a media was made, in the words of its uploader, long texts cut; what is not said is left out."""
    if made is None:
        return None
    shown = {
        "prompt": clean(made.prompt, PROMPT_LIMIT),
        "negative_prompt": clean(made.negative_prompt, PROMPT_LIMIT // 2),
        "sampler": clean(made.sampler, 60),
        "scheduler": clean(made.scheduler, 60),
        "steps": made.steps,
        "cfg_scale": made.cfg_scale,
        "seed": None if made.seed is None else str(made.seed),
        "clip_skip": made.clip_skip,
        "model_name": clean(made.model_name, 100),
    }
    return {name: value for name, value in shown.items() if value is not None}


def totals(media: Sequence[Media]) -> Totals:
    """Sum the known counters."""
    known = [one.counters for one in media if one.counters is not None]
    return totals_of(summed(known), known=len(known), media=len(media))


def summed(known: Iterable[Counters]) -> Counters | None:
    """Add counters up; nothing known stays unknown."""
    counters = list(known)
    return added(counters) if counters else None


def totals_of(counters: Counters | None, *, known: int, media: int) -> Totals:
    measures = {
        "positive_ratio": ratios.positive_ratio(counters),
        "discussion_depth": ratios.discussion_depth(counters),
        "controversy": ratios.controversy(counters),
    }
    return Totals(
        media=media,
        known=known,
        stats=stats(counters),
        reactions=None if counters is None else counters.reactions,
        undefined={name: measure.reason for name, measure in measures.items() if measure.reason},
        **{name: measure.value for name, measure in measures.items()},
    )


def totals_line(sums: Totals) -> str:
    known = "" if sums.known == sums.media else f" over the {sums.known} of {sums.media} whose counters are known"
    if sums.stats is None:
        return "totals: unknown"
    each = ", ".join(f"{name} {getattr(sums.stats, name):,}" for name in COUNTERS if name != "dislike")
    measures = [
        f"{name.replace('_', ' ')} {value:.3g}"
        for name in ("positive_ratio", "discussion_depth")
        if (value := getattr(sums, name)) is not None
    ]
    return f"totals{known}: " + "; ".join([each, *measures]) + f"; {DISLIKES}, so controversy is unknown"


def types(media: Iterable[Media]) -> str:
    """Say what kinds of media there are: 40 images and 5 videos."""
    numbers = Counter(str(one.type) for one in media)
    return " and ".join(count(number, kind) for kind, number in numbers.most_common()) or "no media"


def url_form(rows: Iterable[AssetRow]) -> str | None:
    """Name the address that all usual files share, so that a row need only carry its file name."""
    found = next((match for one in rows if (match := _USUAL_URL.fullmatch(one.asset_url))), None)
    return found and f"file NAME.EXT is {found[1]}NAME/original=true/NAME.EXT"


def text_row(one: AssetRow) -> str:
    counted = one.engagement_stats
    numbers = "?|?|?|?|?"
    if counted is not None:
        numbers = f"{counted.like}|{counted.heart}|{counted.laugh}|{counted.cry}|{counted.comment}"
    usual = _USUAL_URL.fullmatch(one.asset_url)
    file = f"{usual[2]}{usual[3]}" if usual else one.asset_url
    size = f"{one.dimensions.width or '?'}x{one.dimensions.height or '?'}"
    known = f"{one.civitai_image_id}|{one.type}|{numbers}|{size}|{one.created_at or '?'}"
    return f"{known}|{shown(one.nsfw_level)}|{shown(file)}"
