"""The columns of each export: their names, what they hold, and what they mean."""

from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """What can be exported."""

    POSTS = "posts"
    ASSETS = "assets"
    HISTORY = "history"


class Holds(StrEnum):
    """What a column holds; any may be empty, which means unknown."""

    WHOLE = "whole number"
    NUMBER = "number"
    TEXT = "text"
    TRUTH = "true or false"
    INSTANT = "instant"
    WHOLES = "list of whole numbers"
    TEXTS = "list of texts"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    holds: Holds
    means: str


def _counters(whose: str) -> list[Column]:
    names = ("like", "heart", "laugh", "cry", "dislike", "comment")
    return [Column(f"{name}_count", Holds.WHOLE, f"{name}s {whose}") for name in names]


def _gains() -> list[Column]:
    names = ("like", "heart", "laugh", "cry", "dislike", "comment")
    return [Column(f"{name}_gain", Holds.WHOLE, f"{name}s gained since the row before") for name in names]


def _stamps() -> list[Column]:
    return [
        Column("metadata", Holds.JSON, "what was noted with it"),
        Column("created_by", Holds.TEXT, "who recorded it"),
        Column("on_behalf_of", Holds.TEXT, "for whom"),
        Column("recorded_at_utc", Holds.INSTANT, "when it was recorded"),
        Column("updated_at_utc", Holds.INSTANT, "when the recording last changed"),
        _EXPORTED,
    ]


_EXPORTED = Column("exported_at_utc", Holds.INSTANT, "the instant the whole export is of")

COLUMNS: dict[What, list[Column]] = {
    What.POSTS: [
        Column("post_id", Holds.WHOLE, "its id on Civitai"),
        Column("civitai_url", Holds.TEXT, "its address"),
        Column("status", Holds.TEXT, "pending, published or failed"),
        Column("title", Holds.TEXT, "its title"),
        Column("description", Holds.TEXT, "its text"),
        Column("username", Holds.TEXT, "its creator on Civitai"),
        Column("tags", Holds.TEXTS, "its tags"),
        Column("nsfw_level", Holds.WHOLE, "Civitai's content level bits"),
        Column("published_at_utc", Holds.INSTANT, "when it was published"),
        Column("asset_count", Holds.WHOLE, "how many assets of it are recorded"),
        Column("known_count", Holds.WHOLE, "how many of them have known counters; the sums are over these"),
        *_counters("of all its media with known counters"),
        Column("as_of_utc", Holds.INSTANT, "when the oldest of these numbers was true"),
        *_stamps(),
    ],
    What.ASSETS: [
        Column("asset_id", Holds.WHOLE, "its id here"),
        Column("asset_type", Holds.TEXT, "image, video or audio"),
        Column("asset_source", Holds.TEXT, "generated or upload"),
        Column("asset_url", Holds.TEXT, "where the file is"),
        Column("sha256sum", Holds.TEXT, "the SHA-256 of the file"),
        Column("civitai_image_id", Holds.WHOLE, "its id on Civitai"),
        Column("post_id", Holds.WHOLE, "its post on Civitai"),
        Column("username", Holds.TEXT, "its creator on Civitai"),
        Column("created_at_utc", Holds.INSTANT, "when Civitai says it was made"),
        Column("width", Holds.WHOLE, "in pixels"),
        Column("height", Holds.WHOLE, "in pixels"),
        Column("nsfw_level", Holds.TEXT, "None, Soft, Mature or X"),
        Column("base_model", Holds.TEXT, "the base model"),
        Column("model_version_ids", Holds.WHOLES, "the model versions Civitai names"),
        *_counters("as last believed"),
        Column("as_of_utc", Holds.INSTANT, "when these numbers were true"),
        Column("unconfirmed", Holds.TRUTH, "whether they are zeros seen once only"),
        Column("state", Holds.TEXT, "present, missing or returned"),
        Column("prompt", Holds.TEXT, "the generation prompt"),
        Column("negative_prompt", Holds.TEXT, "the negative prompt"),
        Column("steps", Holds.WHOLE, "sampling steps"),
        Column("cfg_scale", Holds.NUMBER, "guidance scale"),
        Column("sampler", Holds.TEXT, "the sampler"),
        Column("scheduler", Holds.TEXT, "the scheduler"),
        Column("seed", Holds.TEXT, "the seed; text, because seeds beyond 2^63 occur"),
        Column("clip_skip", Holds.WHOLE, "clip skip"),
        Column("model_name", Holds.TEXT, "the model, as the image names it"),
        Column("input_prompt", Holds.TEXT, "the recorded prompt it was made from"),
        Column("output_prompt", Holds.TEXT, "the recorded prompt that was made from it"),
        Column("input_asset_ids", Holds.WHOLES, "the assets it was made from, by their ids here"),
        *_stamps(),
    ],
    What.HISTORY: [
        Column("civitai_image_id", Holds.WHOLE, "the image on Civitai"),
        Column("post_id", Holds.WHOLE, "its post on Civitai"),
        Column("username", Holds.TEXT, "its creator on Civitai"),
        Column("collected_at_utc", Holds.INSTANT, "when these numbers were first seen"),
        Column("event", Holds.TEXT, "first, change, gap, fall, correction, missing or returned"),
        *_counters("then"),
        *_gains(),
        Column("previous_observed_at_utc", Holds.INSTANT, "when the numbers before were last true"),
        Column("unconfirmed", Holds.TRUTH, "whether they are zeros seen once only"),
        _EXPORTED,
    ],
}
