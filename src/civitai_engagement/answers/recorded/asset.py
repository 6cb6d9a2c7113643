"""The answer of `find_asset`: one recorded asset with all that is known of it, or what Civitai shows when it is not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, WithJsonSchema

from civitai_engagement.answers.answer import Answer, clean, count, oldest, spoken, utc
from civitai_engagement.answers.now.live import MediaNow, known_media, see_post, seen
from civitai_engagement.answers.now.media import (
    COLUMNS,
    PROMPT_LIMIT,
    AssetRow,
    Stats,
    Totals,
    asset_row,
    generation,
    text_row,
    totals,
    totals_line,
)
from civitai_engagement.answers.recorded.engagement import (
    NUMBERS,
    EngagementNow,
    GainSince,
    engagement_notes,
    engagement_now,
    gain_since,
    numbers,
)
from civitai_engagement.errors import Refused, UpstreamDown
from civitai_engagement.records.engagement import Engagement
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.records.filters import AssetFilter
    from civitai_engagement.store.assets import RecordedAsset, RecordedPrompt

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
OTHERS = 20
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


@dataclass(frozen=True, slots=True)
class _LiveContext:
    """What is shown of something not recorded, and all it was seen through."""

    live: LiveLook
    through: tuple[MediaNow, ...] = ()


async def _not_recorded(sources: Sources, wanted: "AssetFilter") -> FoundAsset:
    look = await _look(sources, wanted)
    summary = _not_recorded_summary(look.live, is_one_thing=_names_one_thing(wanted))
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


async def _look(sources: Sources, wanted: "AssetFilter") -> _LiveContext:
    if wanted.image_id is not None:
        return await _look_at_image(sources, wanted.image_id)
    if wanted.post_id is not None:
        return await _look_at_post(sources, wanted.post_id)
    by = " and ".join(f"by {words}" for name, words in ONLY_OURS.items() if getattr(wanted, name) is not None)
    why_not = f"Only what is recorded can be found {by}; list_civitai_posts shows what is."
    return _LiveContext(LiveLook(why_not=why_not))


async def _look_at_image(sources: Sources, image_id: int) -> _LiveContext:
    try:
        reading = await sources.civitai.image(image_id, with_meta=True)
    except (UpstreamDown, Refused) as error:
        return _LiveContext(LiveLook(why_not=str(error)))
    shown = seen(reading, await known_media(sources, reading.media))
    if not shown.media:
        why_not = f"Civitai shows no image {image_id}: there is none, or it is hidden or not public yet."
        return _LiveContext(LiveLook(why_not=why_not))
    return await _with_its_post(sources, shown)


async def _with_its_post(sources: Sources, shown: MediaNow) -> _LiveContext:
    image = asset_row(shown.media[0], details=True)
    if shown.media[0].post_id is None:
        return _LiveContext(LiveLook(image=image, why_not="Civitai does not say which post it belongs to."), (shown,))
    post = await _look_at_post(sources, shown.media[0].post_id)
    return _LiveContext(post.live.model_copy(update={"image": image}), (shown, *post.through))


async def _look_at_post(sources: Sources, post_id: int) -> _LiveContext:
    try:
        shown = await see_post(sources, post_id)
    except (UpstreamDown, Refused) as error:
        return _LiveContext(LiveLook(why_not=str(error)))
    if not shown.media:
        return _LiveContext(LiveLook(why_not=f"Civitai lists no media for post {post_id}."))
    url = f"{sources.settings.civitai_base_url}/posts/{post_id}"
    sums = totals(shown.media)
    post = LivePost(post_id=str(post_id), civitai_url=url, is_stored=shown.is_stored, totals=sums)
    return _LiveContext(LiveLook(post=post), (shown,))


def _names_one_thing(wanted: "AssetFilter") -> bool:
    """Only then does no match mean that it is not recorded: of several criteria one may hold."""
    return [name for name in wanted.__slots__ if getattr(wanted, name) is not None] in (["image_id"], ["post_id"])


def _not_recorded_summary(look: LiveLook, *, is_one_thing: bool) -> str:
    shown = _what_is_shown(look)
    if shown is None:
        return f"Nothing recorded matches. {look.why_not}"
    if not is_one_thing:
        return f"No recorded asset matches all criteria; {shown}."
    advice = f" To keep its history, call record_civitai_post with {look.post.post_id}." if look.post else ""
    return f"Not recorded; {shown}.{advice}"


def _what_is_shown(look: LiveLook) -> str | None:
    if look.image is not None:
        belongs = f" and belongs to post {look.post.post_id}" if look.post else ""
        what = f"{look.image.type} {look.image.civitai_image_id} now {_shown(look.image.engagement_stats)}"
        return f"Civitai shows {what}{belongs}"
    if look.post is not None:
        where = "last stored, not live, is" if look.post.is_stored else "Civitai shows"
        return f"{where} post {look.post.post_id} with {look.post.totals.media} media"
    return None


def _shown(counted: Stats | None) -> str:
    if counted is None:
        return "with unknown counters"
    reactions = counted.like + counted.heart + counted.laugh + counted.cry
    return f"with {count(reactions, 'reaction')} and {count(counted.comment, 'comment')}"
