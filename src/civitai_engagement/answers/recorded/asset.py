"""The answer of `find_asset`: one recorded asset with all that is known of it, or what Civitai shows when it is not."""

from typing import TYPE_CHECKING, Any

from civitai_engagement.answers.answer import clean, count, oldest, spoken, utc
from civitai_engagement.answers.now.media import (
    PROMPT_LIMIT,
    generation,
)
from civitai_engagement.answers.recorded.asset_live import live_context, names_one_thing, what_is_shown
from civitai_engagement.answers.recorded.asset_shape import (
    KEYS_OF_ITS_OWN,
    FoundAsset,
    LiveLook,
    PostOfAsset,
    PromptOfAsset,
)
from civitai_engagement.answers.recorded.engagement import (
    engagement_notes,
    engagement_now,
    gain_since,
)
from civitai_engagement.records.engagement import Engagement
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.records.filters import AssetFilter
    from civitai_engagement.store.assets import RecordedAsset, RecordedPrompt

OTHERS = 20


async def asset(sources: Sources, wanted: "AssetFilter") -> FoundAsset:
    """Find a recorded asset, else look it up live.

    Raises:
        StoreDown: The database is not reachable, or still starting.
    """
    async with sources.store.reading() as ledger:
        found = await ledger.assets.find(wanted, now=sources.clock.now(), limit=1, others=OTHERS)
    if not found.assets:
        return await _not_recorded(sources, wanted)
    return _found(sources, found.assets[0], found.matches, list(map(str, found.others)))


def _found(sources: Sources, one: "RecordedAsset", matches: int, others: list[str]) -> FoundAsset:
    base = sources.settings.civitai_base_url
    return FoundAsset(
        summary=_summary(one, matches),
        as_of=utc(one.engagement.as_of),
        notes=[*engagement_notes(one.engagement), *_more(matches, others)],
        found=True,
        asset_id=str(one.asset_id),
        asset_type=one.type,
        asset_source=one.source,
        asset_url=one.url,
        uri=one.url,
        sha256sum=one.sha256sum,
        civitai_id=None if one.image_id is None else str(one.image_id),
        civitai_url=None if one.image_id is None else f"{base}/images/{one.image_id}",
        post_id=None if one.post_id is None else str(one.post_id),
        post=_post(one),
        input_prompt_id=one.input_prompt and str(one.input_prompt.prompt_id),
        output_prompt_id=one.output_prompt and str(one.output_prompt.prompt_id),
        input_prompt=_prompt(one.input_prompt),
        output_prompt=_prompt(one.output_prompt),
        input_asset_ids=[str(each) for each in one.input_asset_ids],
        created_by=one.created_by,
        on_behalf_of=one.on_behalf_of,
        created_at=utc(one.recorded_at),
        updated_at=utc(one.updated_at),
        engagement=engagement_now(one.engagement),
        gain_since=gain_since(one.engagement),
        metadata=_metadata(one),
        matches=matches,
        more_asset_ids=others,
    )


def _more(matches: int, others: list[str]) -> list[str]:
    if matches == 1:
        return []
    hidden = matches - 1 - len(others)
    tail = f" and {hidden} not named here" if hidden else ""
    return [f"{matches} assets match; this is the one with the lowest id, the others are in more_asset_ids{tail}."]


def _prompt(one: "RecordedPrompt | None") -> PromptOfAsset | None:
    if one is None:
        return None
    about = {name: clean(getattr(one, name), 100) for name in ("llm_model_provider", "llm_model", "purpose")}
    return PromptOfAsset(prompt_id=str(one.prompt_id), prompt_text=clean(one.content, PROMPT_LIMIT), **about)


def _post(one: "RecordedAsset") -> PostOfAsset | None:
    if one.post_id is None or one.post_url is None or one.post_status is None:
        return None
    return PostOfAsset(
        post_id=str(one.post_id),
        civitai_id=str(one.post_id),
        civitai_url=one.post_url,
        title=clean(one.post_title, 100),
        description=clean(one.post_description, 200),
        status=one.post_status,
    )


def _metadata(one: "RecordedAsset") -> dict[str, Any]:
    """Join what Civitai says of the file, how it was made, and what the user noted; no note takes a fact's place."""
    facts = _facts(one)
    taken = {*facts, *KEYS_OF_ITS_OWN}
    noted = {name: value for name, value in one.metadata.items() if name in taken}
    beside = {name: value for name, value in one.metadata.items() if name not in taken}
    if one.input_prompt is not None and facts.get("prompt") == clean(one.input_prompt.content, PROMPT_LIMIT):
        del facts["prompt"]  # said once, as the input prompt
    return facts | beside | ({"noted": noted} if noted else {})


def _facts(one: "RecordedAsset") -> dict[str, Any]:
    if one.media is None:
        return {}
    said = {
        "creator": clean(one.media.username, 60),
        "created_at": utc(one.media.created_at),
        "width": one.media.width,
        "height": one.media.height,
        "nsfw_level": clean(one.media.nsfw_level, 20),
        "base_model": clean(one.media.base_model, 100),
        "model_version_ids": [str(each) for each in one.media.model_version_ids] or None,
    } | (generation(one.media.generation) or {})
    return {name: value for name, value in said.items() if value is not None}


def _summary(one: "RecordedAsset", matches: int) -> str:
    post = f" of post {one.post_id}" if one.post_id is not None else ""
    which = f"Civitai {one.type} {one.image_id}" if one.image_id is not None else one.type
    head = f"Asset {one.asset_id} is {which}{post}"
    others = f" ({matches} assets match)" if matches > 1 else ""
    return f"{head}{others}, with {_counted(one.engagement)}."


def _counted(engagement: Engagement) -> str:
    if engagement.counters is None or engagement.as_of is None:
        return "counters not observed yet"
    counters = engagement.counters
    gain = "" if engagement.gain_24h is None else f", {engagement.gain_24h:+,} in 24 h"
    reactions, comments = count(counters.reactions, "reaction"), count(counters.comment, "comment")
    return f"{reactions} and {comments} as of {spoken(engagement.as_of)}{gain}"


async def _not_recorded(sources: Sources, wanted: "AssetFilter") -> FoundAsset:
    look = await live_context(sources, wanted)
    summary = _not_recorded_summary(look.live, is_one_thing=names_one_thing(wanted))
    return FoundAsset(
        summary=summary,
        as_of=utc(oldest(one.as_of for one in look.through)),
        notes=list(dict.fromkeys(note for one in look.through for note in one.notes)),
        found=False,
        message=summary,
        matches=0,
        more_asset_ids=[],
        live=look.live,
    )


def _not_recorded_summary(look: LiveLook, *, is_one_thing: bool) -> str:
    shown = what_is_shown(look)
    if shown is None:
        return f"Nothing recorded matches. {look.why_not}"
    if not is_one_thing:
        return f"No recorded asset matches all criteria; {shown}."
    advice = f" To keep its history, call record_civitai_post with {look.post.post_id}." if look.post else ""
    return f"Not recorded; {shown}.{advice}"
