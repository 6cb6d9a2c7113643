"""A recording as an answer: what was recorded, under its id. Keys of older clients stand beside the documented ones."""

from collections.abc import Sequence
from typing import Any

from civitai_engagement.answers.answer import Answer, clean, count, utc
from civitai_engagement.records.library import AssetDraft, PostDraft, PromptDraft, Recording

SHOWN = 4_000  # characters of a text that an answer repeats
LINE_LIMIT = 1_000


class RecordedPromptNow(Answer):
    """A recorded prompt. `prompt_text` repeats `content`, `id` repeats `prompt_id`."""

    id: str
    prompt_id: str
    content: str
    prompt_text: str
    llm_model_provider: str | None
    llm_model: str | None
    purpose: str | None
    metadata: dict[str, Any]
    created_by: str
    on_behalf_of: str | None
    created_at: str
    updated_at: str

    def _lines(self) -> list[str]:
        return _facts(self, ("llm_model_provider", "llm_model", "purpose", "on_behalf_of"))


class RecordedAssetNow(Answer):
    """A recorded asset; `uri` is its `asset_url`, `id` its `asset_id`."""

    id: str
    asset_id: str
    asset_type: str
    asset_source: str
    asset_url: str
    uri: str
    sha256sum: str | None
    civitai_id: str | None
    civitai_url: str | None
    post_id: str | None
    input_prompt_id: str | None
    output_prompt_id: str | None
    input_asset_ids: list[str]
    metadata: dict[str, Any]
    created_by: str
    on_behalf_of: str | None
    created_at: str
    updated_at: str
    same_file_asset_ids: list[str]

    def _lines(self) -> list[str]:
        names = ("asset_url", "sha256sum", "civitai_url", "post_id", "input_prompt_id", "output_prompt_id")
        return _facts(self, (*names, "input_asset_ids", "metadata", "on_behalf_of"))


class RecordedPostNow(Answer):
    """A recorded post; `id`, `post_id` and `civitai_id` are one id."""

    id: str
    post_id: str
    civitai_id: str
    civitai_url: str
    civitai_account: str | None
    status: str
    title: str | None
    description: str | None
    metadata: dict[str, Any]
    created_by: str
    on_behalf_of: str | None
    created_at: str
    updated_at: str

    def _lines(self) -> list[str]:
        return _facts(self, ("civitai_url", "status", "title", "description", "metadata", "on_behalf_of"))


def _facts(answer: Answer, names: Sequence[str]) -> list[str]:
    return [f"{name}: {clean(str(value), LINE_LIMIT)}" for name in names if (value := getattr(answer, name))]


def _shown(text: str | None) -> str | None:
    return text if text is None or len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _shortened(**texts: str | None) -> list[str]:
    long = [name for name, text in texts.items() if text is not None and len(text) > SHOWN]
    return [f"{name} is shortened here to {SHOWN:,} characters; it is kept whole." for name in long]


def _stamp(recording: Recording[Any]) -> dict[str, Any]:
    return {
        "metadata": dict(recording.draft.metadata),
        "created_by": recording.stamp.created_by,
        "on_behalf_of": recording.draft.on_behalf_of,
        "created_at": utc(recording.stamp.recorded_at),
        "updated_at": utc(recording.stamp.updated_at),
    }


def prompt_answer(made: Recording[PromptDraft]) -> RecordedPromptNow:
    draft = made.draft
    return RecordedPromptNow(
        summary=f"Prompt {made.id} is recorded: {clean(draft.content, 80)}",
        id=str(made.id),
        prompt_id=str(made.id),
        notes=_shortened(prompt_text=draft.content),
        content=_shown(draft.content) or "",
        prompt_text=_shown(draft.content) or "",
        llm_model_provider=draft.llm_model_provider,
        llm_model=draft.llm_model,
        purpose=draft.purpose,
        **_stamp(made),
    )


def asset_answer(
    made: Recording[AssetDraft],
    *,
    base_url: str,
    did: str = "recorded",
    same_file: Sequence[int] = (),
    cleared: Sequence[str] = (),
    took_over: int | None = None,
) -> RecordedAssetNow:
    draft = made.draft
    return RecordedAssetNow(
        summary=f"Asset {made.id} ({draft.asset_type}, {draft.asset_source}) is {did}{_belongs(draft)}"
        f"{'' if took_over is None else f', and took over asset {took_over}'}{_emptied(cleared)}.",
        id=str(made.id),
        asset_id=str(made.id),
        asset_type=draft.asset_type,
        asset_source=draft.asset_source,
        asset_url=draft.asset_url,
        uri=draft.asset_url,
        sha256sum=draft.sha256sum,
        civitai_id=_id(draft.image_id),
        civitai_url=None if draft.image_id is None else f"{base_url}/images/{draft.image_id}",
        post_id=_id(draft.post_id),
        input_prompt_id=_id(draft.input_prompt_id),
        output_prompt_id=_id(draft.output_prompt_id),
        input_asset_ids=[str(one) for one in draft.input_asset_ids],
        same_file_asset_ids=[str(one) for one in same_file],
        notes=[*_same(same_file), *_took(took_over)],
        **_stamp(made),
    )


def _same(file: Sequence[int]) -> list[str]:
    return [f"{count(len(file), 'asset')} recorded before hold the same file (same SHA-256)."] if file else []


def _took(gone: int | None) -> list[str]:
    if gone is None:
        return []
    return [f"Recording had made asset {gone} of the same Civitai image; it is gone, this asset stands in its place."]


def _emptied(names: Sequence[str]) -> str:
    return f"; cleared: {', '.join(dict.fromkeys(names))}" if names else ""


def _belongs(draft: AssetDraft) -> str:
    return "" if draft.post_id is None else f", part of post {draft.post_id}"


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)


def post_answer(made: Recording[PostDraft], *, did: str = "recorded", cleared: Sequence[str] = ()) -> RecordedPostNow:
    draft = made.draft
    return RecordedPostNow(
        summary=f"Post {made.id} ({draft.status}) is {did}: {clean(draft.title, 80) or '(no title)'}"
        f"{_emptied(cleared)}",
        id=str(made.id),
        post_id=str(made.id),
        civitai_id=str(made.id),
        civitai_url=draft.civitai_url,
        civitai_account=None,
        status=draft.status,
        title=_shown(draft.title),
        description=_shown(draft.description),
        notes=_shortened(title=draft.title, description=draft.description),
        **_stamp(made),
    )
