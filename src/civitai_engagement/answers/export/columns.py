"""The columns of each export: their names, what they hold, and what they mean."""

from civitai_engagement.answers.export.column import Column, ColumnType
from civitai_engagement.answers.export.made_columns import EXPORTED, FEATURES, FINDINGS
from civitai_engagement.answers.export.subjects import ExportedAnswer, ExportSubject
from civitai_engagement.answers.insight.movers_shape import TopMovers


def _counters(whose: str) -> list[Column]:
    names = ("like", "heart", "laugh", "cry", "dislike", "comment")
    return [Column(f"{name}_count", ColumnType.WHOLE, f"{name}s {whose}") for name in names]


def _gains() -> list[Column]:
    names = ("like", "heart", "laugh", "cry", "dislike", "comment")
    return [Column(f"{name}_gain", ColumnType.WHOLE, f"{name}s gained since the row before") for name in names]


def _ratio(name: str, means: str) -> list[Column]:
    return [
        Column(name, ColumnType.NUMBER, means),
        Column(f"{name}_low", ColumnType.NUMBER, "where its 95 % interval begins"),
        Column(f"{name}_high", ColumnType.NUMBER, "where it ends"),
        Column(f"{name}_n", ColumnType.WHOLE, "how many posts were looked at, over all hours"),
        Column(f"{name}_chance", ColumnType.NUMBER, "the share of patternless worlds with an hour as strong"),
    ]


def _stamps() -> list[Column]:
    return [
        Column("metadata", ColumnType.JSON, "what was noted with it"),
        Column("created_by", ColumnType.TEXT, "who recorded it"),
        Column("on_behalf_of", ColumnType.TEXT, "for whom"),
        Column("recorded_at_utc", ColumnType.INSTANT, "when it was recorded"),
        Column("updated_at_utc", ColumnType.INSTANT, "when the recording last changed"),
        EXPORTED,
    ]


# Text columns with other people's words.
STRANGERS = frozenset(
    (
        *("title", "description", "username", "creator", "name", "asset_url", "created_by", "on_behalf_of"),
        *("prompt", "negative_prompt", "input_prompt", "output_prompt", "sampler", "scheduler", "model_name"),
        *("base_model", "base_family", "checkpoint", "alias"),
    )
)

COLUMNS: dict[ExportSubject, list[Column]] = {
    ExportSubject.POSTS: [
        Column("post_id", ColumnType.WHOLE, "its id on Civitai"),
        Column("civitai_url", ColumnType.TEXT, "its address"),
        Column("status", ColumnType.TEXT, "pending, published or failed"),
        Column("title", ColumnType.TEXT, "its title"),
        Column("description", ColumnType.TEXT, "its text"),
        Column("username", ColumnType.TEXT, "its creator on Civitai"),
        Column("tags", ColumnType.TEXTS, "its tags"),
        Column("nsfw_level", ColumnType.WHOLE, "Civitai's content level bits"),
        Column("published_at_utc", ColumnType.INSTANT, "when it was published"),
        Column("asset_count", ColumnType.WHOLE, "how many assets of it are recorded"),
        Column("known_count", ColumnType.WHOLE, "how many of them have known counters; the sums are over these"),
        *_counters("of all its media with known counters"),
        Column("as_of_utc", ColumnType.INSTANT, "when the oldest of these numbers was true"),
        *_stamps(),
    ],
    ExportSubject.ASSETS: [
        Column("asset_id", ColumnType.WHOLE, "its id here"),
        Column("asset_type", ColumnType.TEXT, "image, video or audio"),
        Column("asset_source", ColumnType.TEXT, "generated or upload"),
        Column("asset_url", ColumnType.TEXT, "where the file is"),
        Column("sha256sum", ColumnType.TEXT, "the SHA-256 of the file"),
        Column("civitai_image_id", ColumnType.WHOLE, "its id on Civitai"),
        Column("post_id", ColumnType.WHOLE, "its post on Civitai"),
        Column("username", ColumnType.TEXT, "its creator on Civitai"),
        Column("created_at_utc", ColumnType.INSTANT, "when Civitai says it was made"),
        Column("width", ColumnType.WHOLE, "in pixels"),
        Column("height", ColumnType.WHOLE, "in pixels"),
        Column("nsfw_level", ColumnType.TEXT, "None, Soft, Mature or X"),
        Column("base_model", ColumnType.TEXT, "the base model"),
        Column("model_version_ids", ColumnType.WHOLES, "the model versions Civitai names"),
        *_counters("as last believed"),
        Column("as_of_utc", ColumnType.INSTANT, "when these numbers were true"),
        Column("unconfirmed", ColumnType.TRUTH, "whether they are zeros seen once only"),
        Column("state", ColumnType.TEXT, "present, missing or returned"),
        Column("prompt", ColumnType.TEXT, "the generation prompt"),
        Column("negative_prompt", ColumnType.TEXT, "the negative prompt"),
        Column("steps", ColumnType.WHOLE, "sampling steps"),
        Column("cfg_scale", ColumnType.NUMBER, "guidance scale"),
        Column("sampler", ColumnType.TEXT, "the sampler"),
        Column("scheduler", ColumnType.TEXT, "the scheduler"),
        Column("seed", ColumnType.TEXT, "the seed; text, because seeds beyond 2^63 occur"),
        Column("clip_skip", ColumnType.WHOLE, "clip skip"),
        Column("model_name", ColumnType.TEXT, "the model, as the image names it"),
        Column("input_prompt", ColumnType.TEXT, "the recorded prompt it was made from"),
        Column("output_prompt", ColumnType.TEXT, "the recorded prompt that was made from it"),
        Column("input_asset_ids", ColumnType.WHOLES, "the assets it was made from, by their ids here"),
        *_stamps(),
    ],
    ExportSubject.HISTORY: [
        Column("civitai_image_id", ColumnType.WHOLE, "the image on Civitai"),
        Column("post_id", ColumnType.WHOLE, "its post on Civitai"),
        Column("username", ColumnType.TEXT, "its creator on Civitai"),
        Column("collected_at_utc", ColumnType.INSTANT, "when these numbers were first seen"),
        Column("event", ColumnType.TEXT, "first, change, gap, fall, correction, missing or returned"),
        *_counters("then"),
        *_gains(),
        Column("previous_observed_at_utc", ColumnType.INSTANT, "when the numbers before were last true"),
        Column("unconfirmed", ColumnType.TRUTH, "whether they are zeros seen once only"),
        EXPORTED,
    ],
    ExportSubject.FEATURES: FEATURES,
    ExportSubject.FINDINGS: FINDINGS,
}

_CREATOR = Column("creator", ColumnType.TEXT, "the creator on Civitai")
_AS_OF = Column("as_of_utc", ColumnType.INSTANT, "when the oldest number of the answer was true")

ANSWERED: dict[ExportedAnswer, list[Column]] = {
    ExportedAnswer.MOVERS: [*TopMovers.sheet_columns(), _AS_OF],
    ExportedAnswer.UNUSUAL: [
        Column("kind", ColumnType.TEXT, "burst, stall, above, below; or not judged"),
        Column("id", ColumnType.TEXT, "the post or image on Civitai"),
        _CREATOR,
        Column("start_utc", ColumnType.INSTANT, "when a burst or stall began"),
        Column("end_utc", ColumnType.INSTANT, "when it ended; or the instant of the age compared at"),
        Column("value", ColumnType.NUMBER, "what was observed"),
        Column("expected", ColumnType.NUMBER, "what was to be expected"),
        Column("times", ColumnType.NUMBER, "the one by the other"),
        Column("n", ColumnType.WHOLE, "how many others that rests on; or how many could not be judged"),
        Column("evidence", ColumnType.TEXT, "the same in words; or why not judged"),
        _AS_OF,
    ],
    ExportedAnswer.AUDIT: [
        Column("post_id", ColumnType.TEXT, "the post on Civitai"),
        _CREATOR,
        Column("kinds", ColumnType.TEXTS, "what was found of it"),
        Column("stored", ColumnType.WHOLE, "reactions and comments as last believed"),
        Column("live", ColumnType.WHOLE, "as Civitai shows them now; empty: not looked"),
        Column("gain_7d", ColumnType.WHOLE, "gained in 7 days"),
        Column("observed_at_utc", ColumnType.INSTANT, "when it was last observed"),
        Column("remark", ColumnType.TEXT, "more of what was found"),
        _AS_OF,
    ],
    ExportedAnswer.RATE: [
        Column("post", ColumnType.TEXT, "the post on Civitai"),
        _CREATOR,
        Column("against", ColumnType.TEXT, "the type of the posts it is rated against, or all"),
        Column("age", ColumnType.TEXT, "the age at which"),
        Column("count", ColumnType.WHOLE, "its reactions and comments"),
        Column("ratio", ColumnType.NUMBER, "how many times the typical post"),
        Column("low", ColumnType.NUMBER, "where its 95 % interval begins"),
        Column("high", ColumnType.NUMBER, "where it ends"),
        Column("typical", ColumnType.NUMBER, "the median of the others"),
        Column("n", ColumnType.WHOLE, "how many others"),
        Column("beaten", ColumnType.WHOLE, "how many of them had less"),
        _AS_OF,
    ],
    ExportedAnswer.COMPARE: [
        Column("id", ColumnType.TEXT, "the post or image on Civitai"),
        _CREATOR,
        Column("published_at_utc", ColumnType.INSTANT, "when it was published"),
        Column("age", ColumnType.TEXT, "the age at which; one row each"),
        Column("count", ColumnType.WHOLE, "its reactions and comments; empty: not observed there"),
        Column("not_observed", ColumnType.TEXT, "why not, and what the observations around it allow"),
        Column("seen_to", ColumnType.TEXT, "the age it was last observed at"),
        Column("total", ColumnType.WHOLE, "its reactions and comments then"),
        Column("shape", ColumnType.TEXT, "how it grew"),
        Column("half_life_hours", ColumnType.NUMBER, "the age it had half of its 72 h total at"),
        Column("half_life_low", ColumnType.NUMBER, "the observation before"),
        Column("half_life_high", ColumnType.NUMBER, "and the one after, in hours"),
        _AS_OF,
    ],
    ExportedAnswer.SUMMARY: [
        _CREATOR,
        Column(
            "about", ColumnType.TEXT, "total, reaction mix, typical post, best post, top tenth, type, … period, change"
        ),
        Column("name", ColumnType.TEXT, "which of them"),
        Column("value", ColumnType.NUMBER, "reactions and comments; of a change, percent"),
        Column("low", ColumnType.NUMBER, "where its 95 % interval begins"),
        Column("high", ColumnType.NUMBER, "where it ends"),
        Column("share", ColumnType.NUMBER, "0 to 1: of all engagement, of reactions in a mix"),
        Column("n", ColumnType.WHOLE, "posts or media it was found from"),
        Column("of", ColumnType.WHOLE, "of how many"),
        Column("start_utc", ColumnType.INSTANT, "when a period begins"),
        Column("end_utc", ColumnType.INSTANT, "and ends"),
        Column("remark", ColumnType.TEXT, "why it is unknown, or how well it was observed"),
        _AS_OF,
    ],
    ExportedAnswer.HOURS: [
        Column("time_zone", ColumnType.TEXT, "whose hours"),
        Column("hour", ColumnType.WHOLE, "0 to 23"),
        *_ratio("arrivals", "reactions that arrived, to the expected"),
        *_ratio("posting", "posts published then, to the mean"),
        _AS_OF,
    ],
    ExportedAnswer.EFFECTS: [
        Column("what", ColumnType.TEXT, "the parameter, or one of its choices"),
        Column("contrast", ColumnType.TEXT, "what is compared: a doubling, with and without, one against the others"),
        Column("ratio", ColumnType.NUMBER, "reactions with it, to the same creator's other media"),
        Column("low", ColumnType.NUMBER, "where its 95 % interval begins"),
        Column("high", ColumnType.NUMBER, "where it ends"),
        Column("q", ColumnType.NUMBER, "the false share among all that are at least as sure"),
        Column("verdict", ColumnType.TEXT, "more, less, cannot tell, too few, or cannot be told apart from what"),
        Column("could_show", ColumnType.NUMBER, "the ratio that could just have been seen"),
        Column("posts_with", ColumnType.WHOLE, "posts with it"),
        Column("posts_without", ColumnType.WHOLE, "posts without it"),
        Column("creators", ColumnType.WHOLE, "creators who have both"),
        Column("others", ColumnType.NUMBER, "the ratio among other creators' media"),
        Column("others_low", ColumnType.NUMBER, "where its 95 % interval begins"),
        Column("others_high", ColumnType.NUMBER, "where it ends"),
        Column("together", ColumnType.NUMBER, "both, weighed by how sure each is of this creator"),
        Column("together_low", ColumnType.NUMBER, "where its 95 % interval begins"),
        Column("together_high", ColumnType.NUMBER, "where it ends"),
        Column("remark", ColumnType.TEXT, "what makes it less sure"),
        Column("creator", ColumnType.TEXT, "the creator it was asked of; empty: all"),
        Column("at_age", ColumnType.TEXT, "the age compared at"),
        _AS_OF,
    ],
    ExportedAnswer.MODELS: [
        Column("name", ColumnType.TEXT, "the model"),
        Column("ratio", ColumnType.NUMBER, "reactions with it, to the same creator's other media, drawn in"),
        Column("low", ColumnType.NUMBER, "where its 95 % interval begins"),
        Column("high", ColumnType.NUMBER, "where it ends"),
        Column("verdict", ColumnType.TEXT, "more, less, cannot tell, too few"),
        Column("raw", ColumnType.NUMBER, "the naive ratio, of everybody's media"),
        Column("media", ColumnType.WHOLE, "media that use it"),
        Column("posts", ColumnType.WHOLE, "their posts"),
        Column("creators", ColumnType.WHOLE, "creators with media that use it and others"),
        Column("share", ColumnType.NUMBER, "of all media, how many use it"),
        Column("lately", ColumnType.NUMBER, "the same of the last thirty days"),
        Column("others", ColumnType.NUMBER, "the ratio among other creators' media"),
        Column("others_low", ColumnType.NUMBER, "where its 95 % interval begins"),
        Column("others_high", ColumnType.NUMBER, "where it ends"),
        Column("creator", ColumnType.TEXT, "the creator it was asked of; empty: all"),
        Column("at_age", ColumnType.TEXT, "the age compared at"),
        _AS_OF,
    ],
}
