"""What is told of an asset, recorded or live, in text and structure."""

from typing import Annotated, Any

from pydantic import BaseModel, WithJsonSchema

from civitai_engagement.answers.answer import Answer, clean
from civitai_engagement.answers.now.media import (
    COLUMNS,
    AssetRow,
    Totals,
    text_row,
    totals_line,
)
from civitai_engagement.answers.recorded.engagement import (
    NUMBERS,
    EngagementNow,
    GainSince,
    numbers,
)

AS_FETCHED = {
    "type": ["object", "null"],
    "description": "`image`, a row, and `post` with `totals`, as fetch_civitai_post_assets gives them; or `why_not`.",
}


ONLY_OURS = {
    "asset_id": "an asset id",
    "sha256sum": "a SHA-256",
    "asset_url": "the address of a file",
    "on_behalf_of": "whom it was recorded for",
    "asset_type": "type",
    "text": "words",
}


KEYS_OF_ITS_OWN = ("created_by", "on_behalf_of", "noted")
LINE_LIMIT = 1_000


class PostOfAsset(BaseModel):
    """The post of an asset; it has one id, Civitai's."""

    post_id: str
    civitai_id: str
    civitai_url: str
    title: str | None
    description: str | None
    status: str


class PromptOfAsset(BaseModel):
    """A recorded prompt; `prompt_text` is the prompt."""

    prompt_id: str
    prompt_text: str | None
    llm_model_provider: str | None
    llm_model: str | None
    purpose: str | None

    def as_line(self) -> str:
        model = " ".join(one for one in (self.llm_model_provider, self.llm_model) if one)
        about = ", ".join(one for one in (self.purpose, model) if one)
        return f"{self.prompt_id}{f' ({about})' if about else ''}: {self.prompt_text}"


class LivePost(BaseModel):
    """A post as Civitai shows it now, or as last stored while Civitai does not answer."""

    post_id: str
    civitai_url: str
    is_stored: bool
    totals: Totals


class LiveLook(BaseModel):
    """What Civitai shows of something that is not recorded; `why_not` says why a part is missing."""

    image: AssetRow | None = None
    post: LivePost | None = None
    why_not: str | None = None


class FoundAsset(Answer):
    """One recorded asset, or what Civitai shows; `matches` tells how many match, `more_asset_ids` the next ones."""

    found: bool
    message: str | None = None
    asset_id: str | None = None
    asset_type: str | None = None
    asset_source: str | None = None
    asset_url: str | None = None
    uri: str | None = None
    sha256sum: str | None = None
    civitai_id: str | None = None
    civitai_url: str | None = None
    post_id: str | None = None
    post: PostOfAsset | None = None
    input_prompt_id: str | None = None
    output_prompt_id: str | None = None
    input_prompt: PromptOfAsset | None = None
    output_prompt: PromptOfAsset | None = None
    input_asset_ids: list[str] | None = None
    created_by: str | None = None
    on_behalf_of: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    engagement: EngagementNow | None = None
    gain_since: GainSince | None = None
    metadata: dict[str, Any] | None = None
    matches: int
    more_asset_ids: list[str]
    live: Annotated[LiveLook | None, WithJsonSchema(AS_FETCHED)] = None

    def _lines(self) -> list[str]:
        return self._recorded_lines() if self.found else self._live_lines()

    def _recorded_lines(self) -> list[str]:
        named = {
            "asset": f"{self.asset_id} ({self.asset_type}, {self.asset_source})",
            "file": self.asset_url,
            "sha256": self.sha256sum or "not known",
            "civitai": self.civitai_url or "not on Civitai",
            "post": self.post and f"{self.post.civitai_url} {self.post.title or '(no title)'} ({self.post.status})",
            "input prompt": self.input_prompt and self.input_prompt.as_line(),
            "output prompt": self.output_prompt and self.output_prompt.as_line(),
            "made from assets": ", ".join(self.input_asset_ids or ()) or None,
            "created_by": self.created_by,
            "on_behalf_of": self.on_behalf_of,
        }
        lines = [_line(name, value) for name, value in named.items() if value is not None]
        if self.engagement is not None:
            pairs = zip(NUMBERS, numbers(self.engagement), strict=True)
            lines.append(
                "engagement: " + ", ".join(f"{name} {'unknown' if value is None else value}" for name, value in pairs)
            )
        metadata = dict(self.metadata or {})
        noted = metadata.pop("noted", {})
        lines += [_line(clean(name, 60), value) for name, value in metadata.items()]
        lines += [_line(f"noted {clean(name, 60)}", value) for name, value in noted.items()]
        return [*lines, *([f"more matches: asset {', '.join(self.more_asset_ids)}"] if self.more_asset_ids else [])]

    def _live_lines(self) -> list[str]:
        look = self.live
        if look is None:
            return []
        image = [COLUMNS, text_row(look.image), _line("file", look.image.asset_url)] if look.image else []
        post = [_post_line(look.post), totals_line(look.post.totals)] if look.post else []
        return [*image, *post, *([f"not shown: {look.why_not}"] if look.why_not else [])]


def _post_line(post: LivePost) -> str:
    return f"post: {post.civitai_url}{' (as last stored, not live)' if post.is_stored else ''}"


def _line(name: str, value: object) -> str:
    return f"{name}: {'null' if value is None else clean(str(value), LINE_LIMIT)}"
