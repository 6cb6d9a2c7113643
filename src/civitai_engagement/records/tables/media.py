"""What Civitai shows: images, how they were made, and their counters over time."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, NUMERIC
from sqlmodel import Field, SQLModel

from civitai_engagement.records.tables.spelling import column, instant, words


class Image(SQLModel, table=True):
    """One Civitai image, video or audio. Changes rarely."""

    __tablename__ = "images"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("type in ('image', 'video', 'audio')", name="images_type"),
        Index("images_post_id", "post_id"),
        Index("images_username", func.lower(text("username"))),
        Index("images_created_at", "created_at"),
        Index("images_published_at", text("published_at desc"), text("id desc")),
    )

    id: int = column(BigInteger, key=True)
    post_id: int | None = column(BigInteger)
    username: str | None = column(Text)
    url: str = column(Text, null=False)
    type: str = column(Text, null=False)
    width: int | None = column(Integer)
    height: int | None = column(Integer)
    hash: str | None = column(Text)
    nsfw: bool | None = None
    nsfw_level: str | None = column(Text)
    browsing_level: int | None = column(Integer)
    base_model: str | None = column(Text)
    model_version_ids: list[int] = column(ARRAY(BigInteger), null=False, default="'{}'")
    created_at: datetime | None = instant()
    published_at: datetime | None = instant()
    first_seen_at: datetime = instant(null=False)
    generation_read_at: datetime | None = instant()


class ImageTracking(SQLModel, table=True):
    """The moving part of an image: its latest believed counters and when to look again. Narrow, so updates stay HOT.

    `found_by` says how a sampled one came to us: followed once, among the newest, or by its success; null is unknown.
    """

    __tablename__ = "image_tracking"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("state in ('present', 'missing', 'returned')", name="image_tracking_state"),
        CheckConstraint("source in ('recorded', 'watched', 'sampled')", name="image_tracking_source"),
        CheckConstraint("found_by in ('followed', 'newest', 'success')", name="image_tracking_found_by"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    image_id: int = column(BigInteger, ForeignKey("images.id"), key=True)
    cry_count: int | None = column(Integer)
    laugh_count: int | None = column(Integer)
    like_count: int | None = column(Integer)
    dislike_count: int | None = column(Integer)
    heart_count: int | None = column(Integer)
    comment_count: int | None = column(Integer)
    unconfirmed: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    as_of: datetime | None = instant()
    last_observed_at: datetime | None = instant()
    next_due_at: datetime | None = instant()
    state: str = column(Text, null=False, default="'present'")
    misses: int = column(SmallInteger, null=False, default="0")
    source: str = column(Text, null=False, default="'recorded'")
    changed_at: datetime | None = instant()
    found_by: str | None = column(Text)


class ImageStatsHistory(SQLModel, table=True):
    """One believed change of an image's counters, with the gains since the row before."""

    __tablename__ = "image_stats_history"
    __table_args__: ClassVar[Any] = (
        CheckConstraint(
            "event in ('first', 'change', 'gap', 'fall', 'correction', 'missing', 'returned')",
            name="image_stats_history_event",
        ),
        Index(
            "image_stats_history_collected_at",
            "collected_at",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 16},
        ),
        {"postgresql_partition_by": "RANGE (collected_at)"},
    )

    image_id: int = column(BigInteger, key=True)
    collected_at: datetime = instant(key=True)
    cry_count: int = column(Integer, null=False)
    laugh_count: int = column(Integer, null=False)
    like_count: int = column(Integer, null=False)
    dislike_count: int | None = column(Integer)
    heart_count: int = column(Integer, null=False)
    comment_count: int = column(Integer, null=False)
    cry_gain: int = column(Integer, null=False)
    laugh_gain: int = column(Integer, null=False)
    like_gain: int = column(Integer, null=False)
    dislike_gain: int | None = column(Integer)
    heart_gain: int = column(Integer, null=False)
    comment_gain: int = column(Integer, null=False)
    previous_observed_at: datetime | None = instant()
    event: str = column(Text, null=False, default="'change'")
    unconfirmed: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class GenerationParameters(SQLModel, table=True):
    """The normalised generation parameters of one image; `seed` is NUMERIC because seeds beyond 2^63 occur."""

    __tablename__ = "generation_parameters"
    __table_args__: ClassVar[Any] = (words("generation_parameters_text", "coalesce(prompt, '')"),)

    image_id: int = column(BigInteger, ForeignKey("images.id"), key=True)
    prompt: str | None = column(Text)
    negative_prompt: str | None = column(Text)
    cfg_scale: float | None = column(Double)
    steps: int | None = column(Integer)
    sampler: str | None = column(Text)
    scheduler: str | None = column(Text)
    seed: Decimal | None = column(NUMERIC)
    clip_skip: int | None = column(Integer)
    denoise: float | None = column(Double)
    width: int | None = column(Integer)
    height: int | None = column(Integer)
    model_name: str | None = column(Text)
    model_hash: str | None = column(Text)
    additional_params: dict[str, Any] = column(JSONB, null=False, default="'{}'")
    notes: list[str] = column(ARRAY(Text), null=False, default="'{}'")


class ImageResource(SQLModel, table=True):
    """One model version, LoRA or file that one image says it used."""

    __tablename__ = "image_resources"
    __table_args__: ClassVar[Any] = (Index("image_resources_version_id", "version_id"),)

    image_id: int = column(BigInteger, ForeignKey("images.id"), key=True)
    position: int = column(SmallInteger, key=True)
    source: str = column(Text, null=False)
    version_id: int | None = column(BigInteger)
    type: str | None = column(Text)
    name: str | None = column(Text)
    weight: float | None = column(Double)
    hash: str | None = column(Text)


class Suspect(SQLModel, table=True):
    """Counters that are not believed yet."""

    __tablename__ = "suspects"
    __table_args__: ClassVar[Any] = (
        Index("suspects_image_id", "image_id", "as_of"),
        Index("suspects_seen_at", "seen_at"),
    )

    suspect_id: int | None = column(BigInteger, Identity(always=True), key=True)
    image_id: int = column(BigInteger, null=False)
    reason: str = column(Text, null=False)
    route: str = column(Text, null=False)
    seen: dict[str, Any] = column(JSONB, null=False)
    as_of: datetime = instant(null=False)
    seen_at: datetime = instant(null=False)
    run_id: int | None = column(BigInteger)


class Reject(SQLModel, table=True):
    """A thing Civitai sent that is unreadable or was not asked for, kept as it came."""

    __tablename__ = "rejects"
    __table_args__: ClassVar[Any] = (Index("rejects_seen_at", "seen_at"),)

    reject_id: int | None = column(BigInteger, Identity(always=True), key=True)
    subject: str = column(Text, null=False)
    reason: str = column(Text, null=False)
    raw: str = column(Text, null=False)
    seen_at: datetime = instant(null=False)
