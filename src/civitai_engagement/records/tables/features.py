"""What is learned of media, so that many can be compared at once: how each was made, and what it had at each age."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL
from sqlmodel import SQLModel

from civitai_engagement.records.tables.spelling import column, instant, where_known


class FeatureTerm(SQLModel, table=True):
    """A name that features bear, once: a sampler, a base family, a LoRA."""

    __tablename__ = "feature_terms"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("kind", "term", name="feature_terms_term"),
        CheckConstraint(
            "kind in ('sampler', 'scheduler', 'base_family', 'checkpoint', 'lora')", name="feature_terms_kind"
        ),
    )

    term_id: int | None = column(Integer, Identity(always=True), key=True)
    kind: str = column(Text, null=False)
    term: str = column(Text, null=False)


class ModelVersionName(SQLModel, table=True):
    """How Civitai calls one version of a model, as last asked; all null where it does not know it (any more)."""

    __tablename__ = "model_versions"

    version_id: int = column(BigInteger, key=True)
    model_name: str | None = column(Text)
    name: str | None = column(Text)
    type: str | None = column(Text)
    base_model: str | None = column(Text)
    looked_at: datetime = instant(null=False)
    file: str | None = column(Text)
    hashes: list[str] = column(ARRAY(Text), null=False, default="'{}'")


class NightlyFinding(SQLModel, table=True):
    """What a study found last of one scope, by counts at one age."""

    __tablename__ = "findings"

    question: str = column(Text, key=True)
    scope: str = column(Text, key=True)
    hours: int = column(Integer, key=True)
    made_at: datetime = instant(null=False)
    media: int = column(Integer, null=False)
    creators: int = column(Integer, null=False)
    rows: dict[str, Any] = column(JSONB, null=False)
    seconds: float = column(Double, null=False)


class ImageFeatures(SQLModel, table=True):
    """How one media was made (names by their terms), and what it had at each age; null is unknown.

    Derived: `rules` 0 says that it is to be read anew, `due_at` when its media passes the next age.
    """

    __tablename__ = "image_features"
    __table_args__: ClassVar[Any] = (
        Index("image_features_rules", "rules", text("image_id desc")),
        where_known("image_features_due_at", "due_at"),
        {"postgresql_with": {"fillfactor": 80}},
    )

    image_id: int = column(BigInteger, ForeignKey("images.id", ondelete="CASCADE"), key=True)
    rules: int = column(SmallInteger, null=False, default="0")
    built_at: datetime | None = instant()
    due_at: datetime | None = instant()
    has_parameters: bool = column(Boolean, null=False, default="false")
    steps: int | None = column(Integer)
    cfg: float | None = column(Double)
    sampler: int | None = column(Integer)
    scheduler: int | None = column(Integer)
    clip_skip: int | None = column(Integer)
    denoise: float | None = column(Double)
    is_hires: bool | None = None
    is_seed_odd: bool | None = None
    prompt_words: int | None = column(Integer)
    negative_words: int | None = column(Integer)
    megapixels: float | None = column(Double)
    shape: str | None = column(Text)
    base_family: int | None = column(Integer)
    checkpoint: int | None = column(Integer)
    loras: list[int] | None = column(ARRAY(Integer))
    lora_weight: float | None = column(Double)
    at_1h: float | None = column(REAL)
    at_2h: float | None = column(REAL)
    at_4h: float | None = column(REAL)
    at_6h: float | None = column(REAL)
    at_8h: float | None = column(REAL)
    at_12h: float | None = column(REAL)
    at_16h: float | None = column(REAL)
    at_24h: float | None = column(REAL)
    at_36h: float | None = column(REAL)
    at_48h: float | None = column(REAL)
    at_72h: float | None = column(REAL)
    at_4d: float | None = column(REAL)
    at_7d: float | None = column(REAL)
    at_10d: float | None = column(REAL)
    at_14d: float | None = column(REAL)
    at_20d: float | None = column(REAL)
    at_30d: float | None = column(REAL)
    at_40d: float | None = column(REAL)
    comments_72h: float | None = column(REAL)
