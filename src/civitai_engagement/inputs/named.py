"""Who `me` is, and which posts `latest` means: words that stand for names and ids, looked up when they are asked."""

import re
from collections.abc import Sequence

from civitai_engagement.civitai.urls import parse_creator, parse_post
from civitai_engagement.errors import BadInput, NotFound
from civitai_engagement.records.filters import Subject
from civitai_engagement.records.post_list import ObservedPost, ObservedPostFilter, PostListOrder
from civitai_engagement.records.watches import Names
from civitai_engagement.sources import Sources

ME, AT_ME = "me", "@me"
MOST_LATEST = 50
_LATEST = re.compile(
    r"(?:the )?(?:latest|newest|last)(?: ([1-9][0-9]?))?(?: posts?)?(?: (?:of|by) (@?[A-Za-z0-9_]+))?", re.IGNORECASE
)
WHO = "Set CIVITAI_ENGAGEMENT_CREATOR to your name on Civitai (or CIVITAI_API_KEY to your key), or name the creator."


async def creator_of(sources: Sources, text: str) -> str:
    """Read a creator's name, the URL of a creator's page, or `@me`; `me` is a creator of that name who is followed.

    Raises:
        BadInput: It is no name, or it is not known who `@me` is.
    """
    word = text.strip().lower()
    if word not in (ME, AT_ME):
        return parse_creator(text, own_host=sources.settings.civitai_host)
    if word == ME and await _is_followed(sources, ME):
        return ME
    if name := await whoami(sources):
        return name
    raise BadInput("It is not known who you are on Civitai.", hint=WHO)


async def creator_or_all(sources: Sources, text: str) -> str | None:
    """Read the same; empty is everybody followed."""
    return await creator_of(sources, text) if text.strip() else None


async def creators_of(sources: Sources, texts: Sequence[str]) -> Names:
    return Names.creators([await creator_of(sources, text) for text in texts])


async def whoami(sources: Sources) -> str | None:
    """Name the creator this server works for: by the setting, else by the key; None where neither says."""
    if sources.settings.creator:
        return sources.settings.creator
    me = await sources.civitai.me()
    return me.username if me else None


async def _is_followed(sources: Sources, name: str) -> bool:
    async with sources.store.reading() as ledger:
        return await ledger.watches.follows_creator(name)


async def post_of(sources: Sources, text: str, creator: str = "") -> int:
    """Read a post's id or URL, or `latest`: the newest of the creator, else of `@me`.

    Raises:
        BadInput: It is neither; or several are meant.
        NotFound: None of theirs is stored.
    """
    if _LATEST.fullmatch(text.strip()) is None:
        return parse_post(text, own_host=sources.settings.civitai_host)
    found = await _latest(sources, text, creator)
    if len(found) > 1:
        raise BadInput(f"{text.strip()!r} are several posts; here one is meant.", hint='Pass "latest".')
    return found[0]


async def posts_of(sources: Sources, texts: Sequence[str], creator: str = "") -> list[int]:
    """Read posts, each once: ids, URLs, or `latest 5`: the newest five of the creator, else of `@me`."""
    host = sources.settings.civitai_host
    whole = " ".join(texts).strip()
    if _LATEST.fullmatch(whole):
        return await _latest(sources, whole, creator)
    return list(dict.fromkeys([one for text in texts for one in await _each(sources, text, creator, host)]))


async def _each(sources: Sources, text: str, creator: str, host: str) -> list[int]:
    is_word = _LATEST.fullmatch(text.strip()) is not None
    return await _latest(sources, text, creator) if is_word else [parse_post(text, own_host=host)]


async def _latest(sources: Sources, text: str, creator: str) -> list[int]:
    found = _LATEST.fullmatch(text.strip())
    assert found is not None  # noqa: S101 # only what matched comes here
    whose = await creator_of(sources, found[2] or creator or AT_ME)
    posts = await _newest(sources, whose, min(int(found[1] or 1), MOST_LATEST))
    if not posts:
        hint = "watch_creator follows all they publish, and looks at once."
        raise NotFound(f"No post of {whose} is stored.", hint=hint)
    return [one.post_id for one in posts]


async def _newest(sources: Sources, creator: str, number: int) -> list[ObservedPost]:
    async with sources.store.reading() as ledger:
        wanted, now = ObservedPostFilter(creator=creator), sources.clock.now()
        return (await ledger.post_list.page(wanted, PostListOrder(), now=now, limit=number))[0]


async def subject_of(sources: Sources, *, post: str = "", image: str = "", creator: str = "") -> Subject:
    """Read which media are meant, as `subjects.subject_of` does; `latest` is a post of the creator beside it, or yours.

    Raises:
        BadInput: More than one is named, or one cannot be read.
    """
    from civitai_engagement.inputs.subjects import subject_of as plain

    if _LATEST.fullmatch(post.strip()) and not image.strip():
        return Subject(post_id=await post_of(sources, post, creator))
    name = await creator_or_all(sources, creator)
    return plain(post=post, image=image, creator=name or "", host=sources.settings.civitai_host)
