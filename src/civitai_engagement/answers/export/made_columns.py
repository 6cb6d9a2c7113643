"""The columns of what is learned of media, and of what was found among them."""

from civitai_engagement.answers.export.column import Column, ColumnType
from civitai_engagement.records.made import AGES


def _age(name: str) -> str:
    """Say an age: at_72h, at_7d."""
    return f"reactions at {name.removeprefix('at_').replace('h', ' hours').replace('d', ' days')} of age"


EXPORTED = Column("exported_at_utc", ColumnType.INSTANT, "the instant the whole export is of")

FEATURES = [
    Column("civitai_image_id", ColumnType.WHOLE, "the image on Civitai"),
    Column("post_id", ColumnType.WHOLE, "its post on Civitai"),
    Column("username", ColumnType.TEXT, "its creator on Civitai"),
    Column("published_at_utc", ColumnType.INSTANT, "when it was published"),
    Column("type", ColumnType.TEXT, "image, video or audio"),
    Column("level", ColumnType.WHOLE, "its content level: PG 1, PG-13 2, R 4, X 8, XXX 16"),
    Column("is_followed", ColumnType.TRUTH, "whether it is recorded or watched"),
    Column("found_by", ColumnType.TEXT, "else how it was found: followed once, newest or success"),
    Column("has_parameters", ColumnType.TRUTH, "whether its metadata say how it was made"),
    Column("steps", ColumnType.WHOLE, "sampling steps"),
    Column("cfg", ColumnType.NUMBER, "guidance scale"),
    Column("sampler", ColumnType.TEXT, "the sampler"),
    Column("scheduler", ColumnType.TEXT, "the scheduler"),
    Column("clip_skip", ColumnType.WHOLE, "clip skip"),
    Column("denoise", ColumnType.NUMBER, "denoising strength"),
    Column("is_hires", ColumnType.TRUTH, "whether it was enlarged while it was made"),
    Column("is_seed_odd", ColumnType.TRUTH, "whether its seed is odd, which cannot matter"),
    Column("prompt_words", ColumnType.WHOLE, "words of its prompt"),
    Column("negative_words", ColumnType.WHOLE, "words of its negative prompt"),
    Column("megapixels", ColumnType.NUMBER, "its size"),
    Column("shape", ColumnType.TEXT, "tall, wide or square"),
    Column("base_model", ColumnType.TEXT, "the base model"),
    Column("base_family", ColumnType.TEXT, "the family of its base model"),
    Column("checkpoint", ColumnType.TEXT, "the model it was made with"),
    Column("loras", ColumnType.TEXTS, "the LoRAs it was made with; empty: not told, []: none"),
    Column("lora_weight", ColumnType.NUMBER, "their mean weight"),
    *(Column(name, ColumnType.NUMBER, _age(name)) for name in AGES),
    Column("comments_72h", ColumnType.NUMBER, "comments at 72 hours of age"),
    Column("reactions", ColumnType.WHOLE, "reactions as last believed"),
    Column("as_of_utc", ColumnType.INSTANT, "when these were true"),
    EXPORTED,
]

FINDINGS = [
    Column("question", ColumnType.TEXT, "parameters or models"),
    Column("kind", ColumnType.TEXT, "of models: base, checkpoint or lora"),
    Column("hours", ColumnType.WHOLE, "the age at which counts were compared"),
    Column("name", ColumnType.TEXT, "the parameter or model"),
    Column("verdict", ColumnType.TEXT, "more, less, cannot tell, too few, cannot be told apart from"),
    Column("ratio", ColumnType.NUMBER, "reactions with it to those without, of the same creators"),
    Column("low", ColumnType.NUMBER, "where its 95 % interval begins"),
    Column("high", ColumnType.NUMBER, "where it ends"),
    Column("q", ColumnType.NUMBER, "of parameters: the share of false ones among all that are as sure"),
    Column("raw", ColumnType.NUMBER, "of models: the same of everybody's media, which misleads"),
    Column("alias", ColumnType.TEXT, "what it cannot be told apart from"),
    Column("media", ColumnType.WHOLE, "media with it"),
    Column("posts", ColumnType.WHOLE, "posts with it"),
    Column("creators", ColumnType.WHOLE, "creators with and without it"),
    Column("of_media", ColumnType.WHOLE, "media that were compared"),
    Column("made_at_utc", ColumnType.INSTANT, "when they were"),
    EXPORTED,
]
