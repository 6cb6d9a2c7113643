"""Which posts, images, creators or people are meant, and what is to be compared, as people write it."""

from civitai_engagement.civitai.urls import AddressKind, parse_any, parse_creator, parse_image, parse_post
from civitai_engagement.errors import BadInput
from civitai_engagement.records.filters import Subject


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
