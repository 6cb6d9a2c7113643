"""Arguments that several tools share: how they are described, and how they are read."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from pydantic import Field

from civitai_engagement.civitai.urls import AddressKind, parse_any, parse_creator, parse_image, parse_post
from civitai_engagement.errors import BadInput
from civitai_engagement.records.watches import Names
from civitai_engagement.store.history import Subject

BIGGEST_ID = 2**63 - 1
MOST_PROMPT = 100_000  # characters
MOST_TEXT = 50_000
MOST_NAME = 200
MOST_METADATA = 20_000  # bytes as JSON
ON_BEHALF_OF = Field(max_length=MOST_NAME, description="Whom it is recorded for, if not you.")
METADATA_MODE = Field(description="merge adds to the metadata that is there; replace drops it first.")
WHEN = "ISO 8601, UTC; a date is its whole day."
CLEAR = Field(description="Names of parameters to empty.")


def own_id(name: str, text: str) -> int | None:
    """Read an id of a prompt or an asset of ours; empty is none.

    Raises:
        BadInput: It is not a whole number that can be an id.
    """
    digits = text.strip()
    if not digits:
        return None
    if not re.fullmatch(r"[0-9]{1,19}", digits) or not 1 <= int(digits) <= BIGGEST_ID:
        thing = "prompt" if "prompt" in name else "asset"
        hint = f"Pass the {thing}_id that recording it gave, a whole number."
        raise BadInput(f"{name} {text[:40]!r} is no {thing} id.", hint=hint)
    return int(digits)


def own_ids(name: str, texts: Sequence[str] | None) -> tuple[int, ...]:
    """Read ids, each once, in their order."""
    read = (own_id(name, text) for text in texts or ())
    return tuple(dict.fromkeys(one for one in read if one is not None))


def needed_id(name: str, text: str) -> int:
    """Read an id that must be there."""
    number = own_id(name, text)
    if number is None:
        raise BadInput(f"{name} is empty.", hint="Pass the id that recording it gave.")
    return number


def image_of(civitai_id: str, civitai_url: str, host: str) -> int | None:
    """Read the one Civitai image that an id, a URL or both name; neither is none."""
    named = {parse_image(text, own_host=host) for text in (civitai_id, civitai_url) if text.strip()}
    if len(named) > 1:
        raise BadInput("civitai_id and civitai_url name different images.", hint="Pass one of them.")
    return next(iter(named), None)


def subject_of(*, post: str = "", image: str = "", creator: str = "", host: str) -> Subject:
    """Read which media are meant: those of a post, of a creator, one image, or any.

    Raises:
        BadInput: More than one is named, or one cannot be read.
    """
    named = {"post": post.strip(), "image": image.strip(), "creator": creator.strip()}
    if sum(map(bool, named.values())) > 1:
        given = " and ".join(name for name, text in named.items() if text)
        raise BadInput(f"{given} are given together.", hint="Pass one of them.")
    return Subject(
        image_id=parse_image(named["image"], own_host=host) if named["image"] else None,
        post_id=parse_post(named["post"], own_host=host) if named["post"] else None,
        creator=parse_creator(named["creator"], own_host=host) if named["creator"] else None,
    )


def one_subject(*, post: str, image: str, creator: str, host: str) -> Subject:
    """Read which one post, image or creator is meant."""
    subject = subject_of(post=post, image=image, creator=creator, host=host)
    if subject == Subject():
        raise BadInput("Nothing to look at is named.", hint="Pass a post, an image or a creator.")
    return subject


def media_subject(text: str, host: str) -> Subject:
    """Read a post by its id or URL, or an image by its URL."""
    if "/" not in text:
        return Subject(post_id=parse_post(text, own_host=host))
    address = parse_any(text, own_host=host)
    return Subject(post_id=address.id) if address.kind is AddressKind.POST else Subject(image_id=address.id)


def any_subject(text: str, host: str) -> Subject:
    """Read a post by its id or URL, an image by its URL, or a creator by name or profile URL."""
    is_creator = "/user/" in text or ("/" not in text and not text.strip().isdigit())
    return Subject(creator=parse_creator(text, own_host=host)) if is_creator else media_subject(text, host)


def person(text: str, host: str) -> str | None:
    """Read whom a filter means: a creator by name or profile URL, or who recorded, by any name; empty is anybody."""
    wanted = text.strip()
    is_url = "://" in wanted or "/user/" in wanted
    return parse_creator(wanted, own_host=host) if is_url else wanted.lstrip("@") or None


def creators_of(texts: Sequence[str], host: str) -> Names:
    return Names.creators([parse_creator(text, own_host=host) for text in texts])


def posts_of(texts: Sequence[str], host: str) -> Names:
    return Names.posts([parse_post(text, own_host=host) for text in texts])


def noted(metadata: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Read metadata that the database can hold.

    Raises:
        BadInput: It is too large, or holds what JSON or a database cannot.
    """
    try:
        text = "" if metadata is None else json.dumps(metadata, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:  # not a number, half a character, nested without end
        raise BadInput("metadata holds a value that JSON has no word for.", hint="Pass plain JSON.") from error
    if "\\u0000" in text.replace("\\\\", ""):  # a backslash of the user's own is two there
        raise BadInput("metadata holds a NUL character, which no text may.", hint="Pass it without.")
    if size > MOST_METADATA:
        raise BadInput(f"metadata is larger than {MOST_METADATA:,} bytes.", hint="Keep what you will look for.")
    return metadata


def changes_of(
    given: Mapping[str, Any], clear: Sequence[str] | None, fields: Mapping[str, tuple[str, Any]]
) -> dict[str, Any]:
    """Join what is given with what is to be emptied; `fields` tells each parameter's field and its empty value.

    Two parameters may stand for one field: giving one and clearing the other gives it.

    Raises:
        BadInput: `clear` names a field that cannot be emptied, or one that is given as well.
    """
    changes = {name: value for name, value in given.items() if value is not None}
    cleared = set(clear or ())
    for name in clear or ():
        if name not in fields:
            raise BadInput(f"{name!r} cannot be cleared.", hint=f"These can: {', '.join(fields)}.")
        field, empty = fields[name]
        if field not in given or given[field] is None:
            changes[field] = empty
        elif cleared.issuperset(twin for twin, (other, _) in fields.items() if other == field):
            raise BadInput(f"{name} is both given and cleared.", hint="Do one of them.")
    return changes


def parameter_of(field: str) -> str:
    """Name the parameter that a field of a recording is given by."""
    return {"image_id": "civitai_id"}.get(field, field)


def instant(name: str, text: str, *, is_end: bool = False) -> datetime | None:
    """Read a moment; a date alone stands for its first moment, or as an end for its last."""
    text = text.strip()
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        aware = read if read.tzinfo else read.replace(tzinfo=UTC)
        return datetime.combine(aware, time.max, UTC) if is_end and _is_day(text) else aware.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{name} {text[:40]!r} is no date.", hint="Write 2026-11-21 or 2026-11-21T09:00:00Z.") from error


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
