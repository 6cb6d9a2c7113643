"""Recordings of the older server said in our words; pure."""

from dataclasses import dataclass, field
from typing import Any

from civitai_engagement.civitai.urls import ID_MAX
from civitai_engagement.records.library import AssetDraft, PostDraft, PromptDraft, Recording, Stamp
from civitai_engagement.store.legacy_import import OlderAsset, OlderPost, OlderPrompt

SHOWN = 60


@dataclass(frozen=True, slots=True)
class NewKeys:
    """Where the older database's recordings are now, by their older ids; posts keep the id Civitai gave them."""

    prompts: dict[int, int] = field(default_factory=dict)
    assets: dict[int, int] = field(default_factory=dict)
    posts: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Translation:
    """From one older database to our ledger; what has no place here is kept in the metadata, with the older id.

    >>> translation = Translation("civitai", NewKeys(prompts={3: 41}))
    >>> translation.asset(older).draft.input_prompt_id
    41
    """

    database: str
    moved: NewKeys

    def _origin(self, number: int, **unplaced: object) -> dict[str, Any]:
        said = {name: value for name, value in unplaced.items() if value is not None}
        return {"imported_from": {"database": self.database, "id": number, **said}}

    def prompt(self, one: OlderPrompt) -> Recording[PromptDraft]:
        draft = PromptDraft(
            content=one.content,
            llm_model_provider=one.llm_model_provider,
            llm_model=one.llm_model,
            purpose=one.purpose,
            metadata={**one.metadata, **self._origin(one.id)},
            on_behalf_of=one.on_behalf_of,
        )
        return Recording(one.id, draft, _stamp(one))

    def post(self, one: OlderPost, number: int) -> Recording[PostDraft]:
        draft = PostDraft(
            post_id=number,
            civitai_url=one.civitai_url,
            status=one.status,
            title=one.title,
            description=one.description,
            metadata={**one.metadata, **self._origin(one.id, civitai_account=one.civitai_account)},
            on_behalf_of=one.on_behalf_of,
        )
        return Recording(one.id, draft, _stamp(one))

    def asset(self, one: OlderAsset) -> Recording[AssetDraft]:
        image_id, post_id = civitai_number(one.civitai_id), self.moved.posts.get(one.post_id or 0)
        unplaced = {
            "civitai_id": one.civitai_id if image_id is None else None,
            "civitai_url": one.civitai_url if image_id is None else None,
            "post_id": one.post_id if post_id is None else None,
            "sha256sum": one.sha256sum if _digest(one.sha256sum) is None else None,
        }
        draft = AssetDraft(
            asset_type=one.asset_type,
            asset_source=one.asset_source,
            asset_url=one.uri,
            sha256sum=_digest(one.sha256sum),
            image_id=image_id,
            post_id=post_id,
            input_prompt_id=self.moved.prompts.get(one.input_prompt_id or 0),
            output_prompt_id=self.moved.prompts.get(one.output_prompt_id or 0),
            metadata={**one.metadata, **self._origin(one.id, **unplaced)},
            on_behalf_of=one.on_behalf_of,
        )
        return Recording(one.id, draft, _stamp(one))

    def gaps(self, one: OlderAsset) -> list[str]:
        """Say what of an asset has no place here; its metadata keeps it."""
        gaps = []
        if one.civitai_id is not None and civitai_number(one.civitai_id) is None:
            gaps.append(f"its image id {shown(one.civitai_id)} is none of Civitai")
        if one.post_id is not None and one.post_id not in self.moved.posts:
            gaps.append(f"its post {one.post_id} was not imported")
        if _digest(one.sha256sum) is None:
            gaps.append("its SHA-256 cannot be one")
        return gaps


def civitai_number(text: str | None) -> int | None:
    """Read an id of Civitai out of a text column that held anything."""
    if text is None or not text.isascii() or not text.isdigit() or text.startswith("0") or len(text) > 10:
        return None
    return int(text) if int(text) <= ID_MAX else None


def _digest(text: str) -> str | None:
    plain = text.strip().lower()
    return plain if len(plain) == 64 and set(plain) <= set("0123456789abcdef") else None


def _stamp(one: OlderPrompt | OlderPost | OlderAsset) -> Stamp:
    return Stamp(one.created_by, one.created_at, one.updated_at)


def shown(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
