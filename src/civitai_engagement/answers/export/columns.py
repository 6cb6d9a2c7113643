"""The columns of each export: their names, what they hold, and what they mean."""

from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """What can be exported."""

    POSTS = "posts"
    ASSETS = "assets"
    HISTORY = "history"


class Answered(StrEnum):
    """The answers whose rows can be exported, by their commands."""

    MOVERS = "movers"
    UNUSUAL = "unusual"
    AUDIT = "audit"
    RATE = "rate"
    COMPARE = "compare"
    SUMMARY = "summary"
    HOURS = "hours"
    EFFECTS = "effects"
    MODELS = "models"


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


def _ratio(name: str, means: str) -> list[Column]:
    return [
        Column(name, Holds.NUMBER, means),
        Column(f"{name}_low", Holds.NUMBER, "where its 95 % interval begins"),
        Column(f"{name}_high", Holds.NUMBER, "where it ends"),
        Column(f"{name}_n", Holds.WHOLE, "how many posts were looked at, over all hours"),
        Column(f"{name}_chance", Holds.NUMBER, "the share of patternless worlds with an hour as strong"),
    ]


def _stamps() -> list[Column]:
    return [
        Column("metadata", Holds.JSON, "what was noted with it"),
        Column("created_by", Holds.TEXT, "who recorded it"),
        Column("on_behalf_of", Holds.TEXT, "for whom"),
        Column("recorded_at_utc", Holds.INSTANT, "when it was recorded"),
        Column("updated_at_utc", Holds.INSTANT, "when the recording last changed"),
        _EXPORTED,
    ]


# Text columns with other people's words.
STRANGERS = frozenset(
    (
        *("title", "description", "username", "creator", "name", "asset_url", "created_by", "on_behalf_of"),
        *("prompt", "negative_prompt", "input_prompt", "output_prompt", "sampler", "scheduler", "model_name"),
        "base_model",
    )
)
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

_CREATOR = Column("creator", Holds.TEXT, "the creator on Civitai")
_AS_OF = Column("as_of_utc", Holds.INSTANT, "when the oldest number of the answer was true")

ANSWERED: dict[Answered, list[Column]] = {
    Answered.MOVERS: [
        Column("id", Holds.TEXT, "the post or image on Civitai"),
        _CREATOR,
        Column("window", Holds.TEXT, "the time that was asked about"),
        Column("age_hours", Holds.NUMBER, "its age"),
        Column("gain", Holds.WHOLE, "reactions and comments gained between the observations next to the ends"),
        Column("hours", Holds.NUMBER, "the hours between them"),
        Column("per_hour", Holds.NUMBER, "gain an hour"),
        Column("times_expected", Holds.NUMBER, "against what is usual from its age on"),
        Column("times_own", Holds.NUMBER, "against the median of others of its creator between the same ages"),
        Column("own_low", Holds.NUMBER, "where its 95 % interval begins"),
        Column("own_high", Holds.NUMBER, "where it ends"),
        Column("own_n", Holds.WHOLE, "how many others it rests on"),
        Column("remark", Holds.TEXT, "what makes the gain less sure"),
        _AS_OF,
    ],
    Answered.UNUSUAL: [
        Column("kind", Holds.TEXT, "burst, stall, above, below; or not judged"),
        Column("id", Holds.TEXT, "the post or image on Civitai"),
        _CREATOR,
        Column("start_utc", Holds.INSTANT, "when a burst or stall began"),
        Column("end_utc", Holds.INSTANT, "when it ended; or the instant of the age compared at"),
        Column("value", Holds.NUMBER, "what was observed"),
        Column("expected", Holds.NUMBER, "what was to be expected"),
        Column("times", Holds.NUMBER, "the one by the other"),
        Column("n", Holds.WHOLE, "how many others that rests on; or how many could not be judged"),
        Column("evidence", Holds.TEXT, "the same in words; or why not judged"),
        _AS_OF,
    ],
    Answered.AUDIT: [
        Column("post_id", Holds.TEXT, "the post on Civitai"),
        _CREATOR,
        Column("kinds", Holds.TEXTS, "what was found of it"),
        Column("stored", Holds.WHOLE, "reactions and comments as last believed"),
        Column("live", Holds.WHOLE, "as Civitai shows them now; empty: not looked"),
        Column("gain_7d", Holds.WHOLE, "gained in 7 days"),
        Column("observed_at_utc", Holds.INSTANT, "when it was last observed"),
        Column("remark", Holds.TEXT, "more of what was found"),
        _AS_OF,
    ],
    Answered.RATE: [
        Column("post", Holds.TEXT, "the post on Civitai"),
        _CREATOR,
        Column("against", Holds.TEXT, "the type of the posts it is rated against, or all"),
        Column("age", Holds.TEXT, "the age at which"),
        Column("count", Holds.WHOLE, "its reactions and comments"),
        Column("ratio", Holds.NUMBER, "how many times the typical post"),
        Column("low", Holds.NUMBER, "where its 95 % interval begins"),
        Column("high", Holds.NUMBER, "where it ends"),
        Column("typical", Holds.NUMBER, "the median of the others"),
        Column("n", Holds.WHOLE, "how many others"),
        Column("beaten", Holds.WHOLE, "how many of them had less"),
        _AS_OF,
    ],
    Answered.COMPARE: [
        Column("id", Holds.TEXT, "the post or image on Civitai"),
        _CREATOR,
        Column("published_at_utc", Holds.INSTANT, "when it was published"),
        Column("age", Holds.TEXT, "the age at which; one row each"),
        Column("count", Holds.WHOLE, "its reactions and comments; empty: not observed there"),
        Column("not_observed", Holds.TEXT, "why not, and what the observations around it allow"),
        Column("seen_to", Holds.TEXT, "the age it was last observed at"),
        Column("total", Holds.WHOLE, "its reactions and comments then"),
        Column("shape", Holds.TEXT, "how it grew"),
        Column("half_life_hours", Holds.NUMBER, "the age it had half of its 72 h total at"),
        Column("half_life_low", Holds.NUMBER, "the observation before"),
        Column("half_life_high", Holds.NUMBER, "and the one after, in hours"),
        _AS_OF,
    ],
    Answered.SUMMARY: [
        _CREATOR,
        Column("about", Holds.TEXT, "total, reaction mix, typical post, best post, top tenth, type, … period, change"),
        Column("name", Holds.TEXT, "which of them"),
        Column("value", Holds.NUMBER, "reactions and comments; of a change, percent"),
        Column("low", Holds.NUMBER, "where its 95 % interval begins"),
        Column("high", Holds.NUMBER, "where it ends"),
        Column("share", Holds.NUMBER, "0 to 1: of all engagement, of reactions in a mix"),
        Column("n", Holds.WHOLE, "posts or media it was found from"),
        Column("of", Holds.WHOLE, "of how many"),
        Column("start_utc", Holds.INSTANT, "when a period begins"),
        Column("end_utc", Holds.INSTANT, "and ends"),
        Column("remark", Holds.TEXT, "why it is unknown, or how well it was observed"),
        _AS_OF,
    ],
    Answered.HOURS: [
        Column("time_zone", Holds.TEXT, "whose hours"),
        Column("hour", Holds.WHOLE, "0 to 23"),
        *_ratio("arrivals", "reactions that arrived, to the expected"),
        *_ratio("posting", "posts published then, to the mean"),
        _AS_OF,
    ],
    Answered.EFFECTS: [
        Column("what", Holds.TEXT, "the parameter, or one of its choices"),
        Column("contrast", Holds.TEXT, "what is compared: a doubling, with and without, one against the others"),
        Column("ratio", Holds.NUMBER, "reactions with it, to the same creator's other media"),
        Column("low", Holds.NUMBER, "where its 95 % interval begins"),
        Column("high", Holds.NUMBER, "where it ends"),
        Column("q", Holds.NUMBER, "the false share among all that are at least as sure"),
        Column("verdict", Holds.TEXT, "more, less, cannot tell, too few, or cannot be told apart from what"),
        Column("could_show", Holds.NUMBER, "the ratio that could just have been seen"),
        Column("posts_with", Holds.WHOLE, "posts with it"),
        Column("posts_without", Holds.WHOLE, "posts without it"),
        Column("creators", Holds.WHOLE, "creators who have both"),
        Column("others", Holds.NUMBER, "the ratio among other creators' media"),
        Column("others_low", Holds.NUMBER, "where its 95 % interval begins"),
        Column("others_high", Holds.NUMBER, "where it ends"),
        Column("together", Holds.NUMBER, "both, weighed by how sure each is of this creator"),
        Column("together_low", Holds.NUMBER, "where its 95 % interval begins"),
        Column("together_high", Holds.NUMBER, "where it ends"),
        Column("remark", Holds.TEXT, "what makes it less sure"),
        Column("creator", Holds.TEXT, "the creator it was asked of; empty: all"),
        Column("at_age", Holds.TEXT, "the age compared at"),
        _AS_OF,
    ],
    Answered.MODELS: [
        Column("name", Holds.TEXT, "the model"),
        Column("ratio", Holds.NUMBER, "reactions with it, to the same creator's other media, drawn in"),
        Column("low", Holds.NUMBER, "where its 95 % interval begins"),
        Column("high", Holds.NUMBER, "where it ends"),
        Column("verdict", Holds.TEXT, "more, less, cannot tell, too few"),
        Column("raw", Holds.NUMBER, "the naive ratio, of everybody's media"),
        Column("media", Holds.WHOLE, "media that use it"),
        Column("posts", Holds.WHOLE, "their posts"),
        Column("creators", Holds.WHOLE, "creators with media that use it and others"),
        Column("share", Holds.NUMBER, "of all media, how many use it"),
        Column("lately", Holds.NUMBER, "the same of the last thirty days"),
        Column("others", Holds.NUMBER, "the ratio among other creators' media"),
        Column("others_low", Holds.NUMBER, "where its 95 % interval begins"),
        Column("others_high", Holds.NUMBER, "where it ends"),
        Column("creator", Holds.TEXT, "the creator it was asked of; empty: all"),
        Column("at_age", Holds.TEXT, "the age compared at"),
        _AS_OF,
    ],
}
