"""What users record, as values: prompts, assets, posts. a draft is asked for, a recording has an id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar


class RecordingKind(StrEnum):
    """Kinds of recordings."""

    POST = "post"
    ASSET = "asset"
    PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class PromptDraft:
    """A prompt to record."""

    content: str
    llm_model_provider: str | None = None
    llm_model: str | None = None
    purpose: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class AssetDraft:
    """A media file to record; `image_id` where it is on Civitai."""

    asset_type: str
    asset_source: str
    asset_url: str
    sha256sum: str | None = None
    image_id: int | None = None
    post_id: int | None = None
    input_prompt_id: int | None = None
    output_prompt_id: int | None = None
    input_asset_ids: tuple[int, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class PostDraft:
    """A post to record by hand; its id is Civitai's."""

    post_id: int
    civitai_url: str
    status: str = "published"
    title: str | None = None
    description: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who recorded something, and when."""

    created_by: str
    recorded_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit: who created, changed or deleted a recording, and how what changed was before."""

    kind: RecordingKind
    id: int
    action: str
    actor: str
    at: datetime
    before: Mapping[str, Any]


Draft = TypeVar("Draft", PromptDraft, AssetDraft, PostDraft)


@dataclass(frozen=True, slots=True)
class Recording(Generic[Draft]):
    """A draft that was recorded, under its id."""

    id: int
    draft: Draft
    stamp: Stamp
