"""Who `me` is, and which posts `latest` means: words that stand for names and ids, looked up when they are asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from civitai_engagement.answers.recorded.waiting import what_to_do
from civitai_engagement.civitai.urls import parse_creator, parse_post
from civitai_engagement.errors import BadInput, NotFound, Retryable
from civitai_engagement.inputs import subjects
from civitai_engagement.records.filters import Subject
from civitai_engagement.records.post_list import ObservedPostFilter, PostListOrder
from civitai_engagement.records.watches import Names
from civitai_engagement.sources import Sources

WAY = "watch_creator follows all they publish, and looks at once."
ME, AT_ME = "me", "@me"
WHO = "Set CIVITAI_ENGAGEMENT_CREATOR to your name on Civitai (or CIVITAI_API_KEY to your key), or name the creator."
# "latest", "latest 5", "the last 3 posts of Ada"; not more than fifty: a greater number beside it is the id of a post.
_LATEST = re.compile(
    r"(?:the )?(?:latest|newest|last)(?: ([1-9]|[1-4][0-9]|50))?(?: posts?)?(?: (?:of|by) (@?[a-z0-9_]+))?",
    re.IGNORECASE,
)


async def whoami(sources: Sources) -> str | None:
    """Name the creator this server works for: by the setting, else by the key; None where neither says."""
    if sources.settings.creator:
        return sources.settings.creator
    me = await sources.civitai.me()
    return me.username if me else None


async def creator_of(sources: Sources, text: str) -> str:
    """Read a creator's name, the URL of a creator's page, or `@me`; `me` is a creator of that name who is followed.

    Raises:
        BadInput: It is no name, or it is not known who `@me` is.
    """
    word = text.strip().lower()
    if word not in {ME, AT_ME}:
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


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a filter means: creators on Civitai, people who recorded, or either; names in lower case."""

    creators: tuple[str, ...] = ()
    recorders: tuple[str, ...] = ()


async def person_of(sources: Sources, text: str) -> Person:
    """Read a creator by name or profile URL, or who recorded, by any name; `me` is both you and who records here."""
    word = text.strip().lower()
    if word not in {ME, AT_ME}:
        name = (subjects.person(text, sources.settings.civitai_host) or "").lower()
        is_page = word != name and "/user/" in word
        return Person((name,), () if is_page else (name,))
    creator = ME if word == ME and await _is_followed(sources, ME) else await _who_if_known(sources)
    recorders = dict.fromkeys((ME, sources.settings.recorded_by.lower()))
    return Person((creator.lower(),) if creator else (), tuple(recorders))


async def _who_if_known(sources: Sources) -> str | None:
    """Name the same where it can be known now: who recorded is known anyway."""
    try:
        return await whoami(sources)
    except Retryable:
        return None


async def _is_followed(sources: Sources, name: str) -> bool:
    async with sources.store.reading() as ledger:
        return await ledger.watches.follows_creator(name)


def is_latest(text: str) -> bool:
    return _LATEST.fullmatch(text.strip()) is not None


async def post_of(sources: Sources, text: str, creator: str = "") -> int:
    """Read a post's id or URL, or `latest`: the newest of the creator, else of `@me`.

    Raises:
        BadInput: It is neither, or several are meant.
        NotFound: None of theirs is stored.
    """
    if not is_latest(text):
        return parse_post(text, own_host=sources.settings.civitai_host)
    found = await _latest(sources, text, creator)
    if len(found) > 1:
        raise BadInput(f"{text.strip()!r} are several posts; here one is meant.", hint='Pass "latest".')
    return found[0]


async def posts_of(sources: Sources, texts: Sequence[str], creator: str = "") -> list[int]:
    """Read posts, each once: ids, URLs, or `latest 5`: the newest five of the creator, else of `@me`."""
    found, host = await spelled_out(sources, texts, creator), sources.settings.civitai_host
    return list(dict.fromkeys(parse_post(one, own_host=host) for one in found))


async def spelled_out(sources: Sources, texts: Sequence[str], creator: str = "") -> list[str]:
    """Put the ids of posts where `latest` stands; all else stays as it is written."""
    whole = " ".join(texts)
    wanted = [whole] if is_latest(whole) else texts
    return [one for text in wanted for one in await _spelled(sources, text, creator)]


async def _spelled(sources: Sources, text: str, creator: str) -> list[str]:
    return [str(one) for one in await _latest(sources, text, creator)] if is_latest(text) else [text]


async def _latest(sources: Sources, text: str, creator: str) -> list[int]:
    found = _LATEST.fullmatch(text.strip())
    assert found is not None  # noqa: S101 # only what matched comes here
    whose = await creator_of(sources, found[2] or creator or AT_ME)
    async with sources.store.reading() as ledger:
        wanted, now, number = ObservedPostFilter(creator=whose), sources.clock.now(), int(found[1] or 1)
        posts, _ = await ledger.post_list.page(wanted, PostListOrder(), now=now, limit=number)
        hint = "" if posts else await what_to_do(ledger, now, Subject(creator=whose), WAY)
    if not posts:
        raise NotFound(f"No post of {whose} is stored.", hint=hint)
    return [one.post_id for one in posts]


async def subject_of(sources: Sources, *, post: str = "", image: str = "", creator: str = "") -> Subject:
    """Read which media are meant: `latest` is a post of the creator beside it, else of yours; none is any.

    Raises:
        BadInput: More than one is named, or one cannot be read.
    """
    if is_latest(post) and not image.strip():
        return Subject(post_id=await post_of(sources, post, creator))
    name = await creator_or_all(sources, creator)
    return subjects.subject_of(post=post, image=image, creator=name or "", host=sources.settings.civitai_host)


async def one_subject(sources: Sources, *, post: str = "", image: str = "", creator: str = "") -> Subject:
    """Read the same; where nothing is named it is you.

    Raises:
        BadInput: Nothing is named, and it is not known who you are.
    """
    found = await subject_of(sources, post=post, image=image, creator=creator)
    if not found.is_anybody:
        return found
    if me := await _who_if_known(sources):
        return Subject(creator=me)
    raise BadInput("Nothing to look at is named.", hint="Pass a post, an image or a creator.")


async def named_subjects(sources: Sources, texts: Sequence[str], creator: str = "") -> list[Subject]:
    """Read posts, by id, URL or `latest 5`, and images by URL; then the creator, unless the latest are theirs."""
    host, spelled = sources.settings.civitai_host, await spelled_out(sources, texts, creator)
    whose = [] if not creator.strip() or list(texts) != spelled else [await creator_of(sources, creator)]
    return [*(subjects.media_subject(one, host) for one in spelled), *(Subject(creator=one) for one in whose)]


async def any_subjects(sources: Sources, texts: Sequence[str]) -> list[Subject]:
    """Read posts, images by URL, and creators by name, profile URL or `@me`, in the order given."""
    return [await _any(sources, one) for one in await spelled_out(sources, texts)]


async def _any(sources: Sources, text: str) -> Subject:
    if text.strip().lower() in {ME, AT_ME}:
        return Subject(creator=await creator_of(sources, text))
    return subjects.any_subject(text, sources.settings.civitai_host)
