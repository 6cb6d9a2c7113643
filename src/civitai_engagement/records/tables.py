"""The tables of the ledger as SQLModel; loading this loads SQLAlchemy, so only migrations and their tests do."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, NUMERIC
from sqlmodel import Field, SQLModel

metadata = SQLModel.metadata


def column(of: Any, *more: Any, null: bool = True, key: bool = False, default: str | None = None) -> Any:
    """Spell a column out in SQLAlchemy's words: SQLModel's defaults are varchar and naive timestamps."""
    return Field(
        default=None,
        sa_column=Column(
            of,
            *more,
            primary_key=key,
            nullable=null and not key,
            server_default=None if default is None else text(default),
            autoincrement=any(isinstance(one, Identity) for one in more),
        ),
    )


def instant(*, null: bool = True, key: bool = False) -> Any:
    return column(DateTime(timezone=True), null=null, key=key)


def words(name: str, of: str) -> Index:
    """Index the words at the beginning of a text for search, in any language alike."""
    return Index(name, text(f"to_tsvector('simple', left({of}, 50000))"), postgresql_using="gin")


def where_known(name: str, of: str, key: Any = None, *, unique: bool = False) -> Index:
    """Index a column that is mostly null, by itself or by `key`."""
    return Index(name, of if key is None else key, unique=unique, postgresql_where=text(f"{of} is not null"))


class Image(SQLModel, table=True):
    """One Civitai image, video or audio. Changes rarely."""

    __tablename__ = "images"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("type in ('image', 'video', 'audio')", name="images_type"),
        Index("images_post_id", "post_id"),
        Index("images_username", func.lower(text("username"))),
        Index("images_created_at", "created_at"),
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
    """The moving part of an image: its latest believed counters and when to look again. Narrow, so updates stay HOT."""

    __tablename__ = "image_tracking"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("state in ('present', 'missing', 'returned')", name="image_tracking_state"),
        CheckConstraint("source in ('recorded', 'watched', 'sampled')", name="image_tracking_source"),
        {"postgresql_with": {"fillfactor": 80}},
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
    dislike_count: int = column(Integer, null=False)
    heart_count: int = column(Integer, null=False)
    comment_count: int = column(Integer, null=False)
    cry_gain: int = column(Integer, null=False)
    laugh_gain: int = column(Integer, null=False)
    like_gain: int = column(Integer, null=False)
    dislike_gain: int = column(Integer, null=False)
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


class Post(SQLModel, table=True):
    """A Civitai post that a user recorded."""

    __tablename__ = "posts"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("status in ('pending', 'published', 'failed')", name="posts_status"),
        Index("posts_in_time", text("coalesce(published_at, recorded_at) desc"), text("post_id desc")),
        Index("posts_username", func.lower(text("username"))),
        Index("posts_created_by", func.lower(text("created_by"))),
        Index(
            "posts_on_behalf_of", func.lower(text("on_behalf_of")), postgresql_where=text("on_behalf_of is not null")
        ),
        words("posts_text", "(coalesce(title, '') || ' ') || coalesce(description, '')"),
    )

    post_id: int = column(BigInteger, key=True)
    civitai_url: str = column(Text, null=False)
    status: str = column(Text, null=False)
    title: str | None = column(Text)
    description: str | None = column(Text)
    username: str | None = column(Text)
    tags: list[str] = column(ARRAY(Text), null=False, default="'{}'")
    nsfw_level: int | None = column(Integer)
    published_at: datetime | None = instant()
    metadata_: dict[str, Any] = Field(
        default=None, sa_column=Column("metadata", JSONB, nullable=False, server_default=text("'{}'"))
    )
    created_by: str = column(Text, null=False)
    on_behalf_of: str | None = column(Text)
    recorded_at: datetime = instant(null=False)
    updated_at: datetime = instant(null=False)


class Prompt(SQLModel, table=True):
    """A prompt that a user recorded."""

    __tablename__ = "prompts"
    __table_args__: ClassVar[Any] = (
        words("prompts_text", "content"),
        Index("prompts_digest", func.md5(text("content"))),
    )

    prompt_id: int | None = column(BigInteger, Identity(always=True), key=True)
    content: str = column(Text, null=False)
    llm_model_provider: str | None = column(Text)
    llm_model: str | None = column(Text)
    purpose: str | None = column(Text)
    metadata_: dict[str, Any] = Field(
        default=None, sa_column=Column("metadata", JSONB, nullable=False, server_default=text("'{}'"))
    )
    created_by: str = column(Text, null=False)
    on_behalf_of: str | None = column(Text)
    recorded_at: datetime = instant(null=False)
    updated_at: datetime = instant(null=False)


class Asset(SQLModel, table=True):
    """A media file that a user recorded; `image_id` where it is on Civitai."""

    __tablename__ = "assets"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("asset_type in ('image', 'video', 'audio')", name="assets_type"),
        CheckConstraint("asset_source in ('generated', 'upload')", name="assets_source"),
        CheckConstraint("sha256sum ~ '^[0-9a-f]{64}$'", name="assets_sha256sum"),
        where_known("assets_image_id", "image_id", unique=True),
        Index("assets_post_id", "post_id", "asset_id"),
        where_known("assets_sha256sum", "sha256sum"),
        Index("assets_asset_url", "asset_url", postgresql_using="hash"),
        where_known("assets_input_prompt_id", "input_prompt_id"),
        where_known("assets_output_prompt_id", "output_prompt_id"),
        where_known("assets_on_behalf_of", "on_behalf_of", func.lower(text("on_behalf_of"))),
    )

    asset_id: int | None = column(BigInteger, Identity(always=True), key=True)
    asset_type: str = column(Text, null=False)
    asset_source: str = column(Text, null=False)
    asset_url: str = column(Text, null=False)
    sha256sum: str | None = column(Text)
    image_id: int | None = column(BigInteger)
    post_id: int | None = column(BigInteger, ForeignKey("posts.post_id"))
    input_prompt_id: int | None = column(BigInteger, ForeignKey("prompts.prompt_id"))
    output_prompt_id: int | None = column(BigInteger, ForeignKey("prompts.prompt_id"))
    input_asset_ids: list[int] = column(ARRAY(BigInteger), null=False, default="'{}'")
    metadata_: dict[str, Any] = Field(
        default=None, sa_column=Column("metadata", JSONB, nullable=False, server_default=text("'{}'"))
    )
    created_by: str = column(Text, null=False)
    on_behalf_of: str | None = column(Text)
    recorded_at: datetime = instant(null=False)
    updated_at: datetime = instant(null=False)


class Watch(SQLModel, table=True):
    """A creator (by lower-case name) or a post (by id) to follow."""

    __tablename__ = "watches"
    __table_args__: ClassVar[Any] = (CheckConstraint("kind in ('creator', 'post')", name="watches_kind"),)

    kind: str = column(Text, key=True)
    name: str = column(Text, key=True)
    created_by: str = column(Text, null=False)
    created_at: datetime = instant(null=False)
    label: str | None = column(Text)


class Run(SQLModel, table=True):
    """One run of one job for one tick: what it did, and what it could not do. `epoch` grows with each taker."""

    __tablename__ = "runs"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("job", "tick_at", name="runs_tick"),
        Index("runs_started_at", "started_at"),
    )

    run_id: int | None = column(BigInteger, Identity(always=True), key=True)
    job: str = column(Text, null=False)
    tick_at: datetime = instant(null=False)
    epoch: int = column(Integer, null=False, default="1")
    holder: str = column(Text, null=False)
    started_at: datetime = instant(null=False)
    finished_at: datetime | None = instant()
    planned: int = column(Integer, null=False, default="0")
    observed: int = column(Integer, null=False, default="0")
    unchanged: int = column(Integer, null=False, default="0")
    missing: int = column(Integer, null=False, default="0")
    suspect: int = column(Integer, null=False, default="0")
    rejected: int = column(Integer, null=False, default="0")
    compared: int = column(Integer, null=False, default="0")
    fell: int = column(Integer, null=False, default="0")
    requests: int = column(Integer, null=False, default="0")
    retries: int = column(Integer, null=False, default="0")
    seconds: float | None = column(Double)
    coverage: dict[str, Any] = column(JSONB, null=False, default="'{}'")
    error: str | None = column(Text)


class ApiBudget(SQLModel, table=True):
    """When the next request to Civitai may go out, for all processes together."""

    __tablename__ = "api_budget"

    lane: str = column(Text, key=True)
    next_at: datetime = instant(null=False)


class Leadership(SQLModel, table=True):
    """Which process runs the clock, for people to read; the lock itself is an advisory one."""

    __tablename__ = "leadership"
    __table_args__: ClassVar[Any] = (CheckConstraint("is_only", name="leadership_one"),)

    is_only: bool = column(Boolean, key=True, default="true")
    holder: str = column(Text, null=False)
    since: datetime = instant(null=False)
    seen_at: datetime = instant(null=False)


class Creator(SQLModel, table=True):
    """How many media Civitai lists of a creator (`name` is lower case), as last counted."""

    __tablename__ = "creators"
    __table_args__: ClassVar[Any] = (CheckConstraint("name = lower(name)", name="creators_name"),)

    name: str = column(Text, key=True)
    username: str = column(Text, null=False)
    listed: int | None = column(Integer)
    listed_at: datetime | None = instant()


class Alarm(SQLModel, table=True):
    """Something wrong with the collection itself, since when, and when somebody was told."""

    __tablename__ = "alarms"

    name: str = column(Text, key=True)
    since: datetime = instant(null=False)
    seen_at: datetime = instant(null=False)
    detail: str = column(Text, null=False)
    announced_at: datetime | None = instant()
    recovered_at: datetime | None = instant()


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


class Audit(SQLModel, table=True):
    """One change of a recording: who, what, before and after. Only ever added to."""

    __tablename__ = "audit"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("kind in ('post', 'asset', 'prompt')", name="audit_kind"),
        CheckConstraint("action in ('create', 'update', 'delete')", name="audit_action"),
        Index("audit_row", "kind", "row_id", "audit_id"),
    )

    audit_id: int | None = column(BigInteger, Identity(always=True), key=True)
    at: datetime = instant(null=False)
    actor: str = column(Text, null=False)
    kind: str = column(Text, null=False)
    row_id: int = column(BigInteger, null=False)
    action: str = column(Text, null=False)
    before: dict[str, Any] | None = column(JSONB)
    after: dict[str, Any] | None = column(JSONB)
