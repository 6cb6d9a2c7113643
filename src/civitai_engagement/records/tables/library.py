"""What people recorded: posts, prompts and assets, and every change of them."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from civitai_engagement.records.tables.spelling import column, instant, where_known, words


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
    title_unread: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
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
        where_known("assets_image_id", "image_id", unique=True, beside=("asset_id", "post_id")),
        Index("assets_post_id", "post_id", "asset_id"),
        where_known("assets_sha256sum", "sha256sum"),
        Index("assets_asset_url", "asset_url", postgresql_using="hash"),
        Index(
            "assets_civitai_file",
            func.split_part(text("asset_url"), text("'/'"), text("5")),
            postgresql_where=text("asset_url like 'https://image.civitai.com/%'"),
        ),
        Index(
            "assets_input_asset_ids",
            "input_asset_ids",
            postgresql_using="gin",
            postgresql_where=text("input_asset_ids <> '{}'"),
        ),
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
