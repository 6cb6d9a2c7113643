"""Civitai addresses: what people paste, read without a request, and what we print."""

import re
from dataclasses import dataclass
from enum import StrEnum
from unicodedata import category
from urllib.parse import SplitResult, parse_qs, urlsplit

from civitai_engagement.errors import BadInput

ID_MAX = 2_147_483_647
_SITES = ("civitai.com", "civitai.red", "civitai.green")
_LOCALE = r"(?:[a-z]{2}(?:-[a-z]{2,4})?/+)?"
_PAGE = re.compile(rf"/+{_LOCALE}(?:api/+v1/+)?(posts|images)/+([0-9]+)(?:/.*)?", re.IGNORECASE)
_SECTION = re.compile(rf"/+{_LOCALE}([a-z-]+)(?:/.*)?", re.IGNORECASE)
_LIST = re.compile(r"/+api/+v1/+images/*", re.IGNORECASE)
_PROFILE = re.compile(rf"/+{_LOCALE}user/+([A-Za-z0-9_]+)(?:/.*)?", re.IGNORECASE)
_USERNAME = re.compile(r"[A-Za-z0-9_]{1,100}")
_SECTIONS = {
    "models": "a model",
    "user": "a creator's page",
    "articles": "an article",
    "collections": "a collection",
    "bounties": "a bounty",
}


# What a chat, a sentence or a table puts around an address.
_LINKED = re.compile(r"!?\[(?:(?!\]\().)*\]\(\s*(\S+?)(?:\s+[\"'(].*)?\s*\)[^\w/]*", re.DOTALL)
_BRACKETED = re.compile(r"[^\w<]*<([^<>|]+)(?:\|[^<>]*)?>[^\w/]*")
_OPENING, _CLOSING = "([{<\"'`*~“”‘’«»‹›„（「『《〈【", ".,;:!?)]}>\"'`*~“”‘’«»‹›）」』》〉】。，、；：！？"
_CUT_OFF = re.compile(rf"(?:\.\.|…)[{re.escape(_CLOSING)}…]*$")
_LONGEST = 2_000  # characters; no address is longer
_FLOAT = re.compile(r"([0-9]+)\.0+")


class AddressKind(StrEnum):
    """What an address of ours can point to."""

    POST = "post"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Address:
    """A post or an image of Civitai, by its id."""

    kind: AddressKind
    id: int


_HINTS = {
    AddressKind.POST: "Pass a post id such as 12345 or its URL, https://civitai.com/posts/12345.",
    AddressKind.IMAGE: "Pass an image id such as 12345 or its URL, https://civitai.com/images/12345.",
    None: "Pass the URL of a post or an image, such as https://civitai.com/posts/12345.",
}
_ELSEWHERE = {
    AddressKind.POST: "That is an image, not a post. Use find_asset to learn its post.",
    AddressKind.IMAGE: "That is a post, not an image. Use fetch_civitai_post_assets to see its images.",
}


def parse_post(text: str, *, own_host: str = "") -> int:
    """Read a post id or the URL of a post."""
    return _parse(text, AddressKind.POST, own_host)


def parse_image(text: str, *, own_host: str = "") -> int:
    """Read an image id or the URL of an image."""
    return _parse(text, AddressKind.IMAGE, own_host)


def parse_any(text: str, *, own_host: str = "") -> Address:
    """Read the URL of a post or an image; a bare id does not say which it is."""
    return _address(bare(text), None, own_host)


def bare(text: str) -> str:
    """Take an address out of what a chat or a sentence wraps it in; one cut off ("/2191...") stays as it is."""
    wanted = "".join(one for one in text if category(one) != "Cf").strip()
    if len(wanted) > _LONGEST:
        return wanted
    for wrapped in (_LINKED, _BRACKETED):
        if found := wrapped.fullmatch(wanted):
            wanted = found[1].strip()
    return wanted if _CUT_OFF.search(wanted) else wanted.lstrip(_OPENING).rstrip(_CLOSING)


def parse_creator(text: str, *, own_host: str = "") -> str:
    """Read a creator's name or the URL of a creator's page; the name stays as it is written."""
    wanted = text.strip()
    if _USERNAME.fullmatch(wanted.removeprefix("@")):
        return wanted.removeprefix("@")
    hint = "Pass a creator's name (letters, digits and _) or https://civitai.com/user/NAME."
    try:
        page = _PROFILE.fullmatch(_split(bare(wanted), None, own_host).path)
    except BadInput as error:
        raise BadInput(f"{_shown(wanted)} is no name of a creator.", hint=hint) from error
    if page is None:
        raise BadInput(f"{_shown(wanted)} is not the page of a creator.", hint=hint)
    return page[1]


def post_url(post_id: int, *, site: str = "https://civitai.com") -> str:
    return f"{site}/posts/{post_id}"


def image_url(image_id: int, *, site: str = "https://civitai.com") -> str:
    return f"{site}/images/{image_id}"


def checked_id(value: int, what: str) -> int:
    """Give back an id that can exist: Civitai drops a filter of 0 and lists everything instead."""
    if not 1 <= value <= ID_MAX:
        raise BadInput(f"{value} cannot be the id of {what}: ids are whole numbers from 1 to {ID_MAX}.")
    return value


def checked_username(name: str) -> str:
    """Give back a name that can be a creator's: Civitai drops an empty filter and lists everything instead."""
    if not re.fullmatch(r"[A-Za-z0-9_]+", name):
        raise BadInput(f"{_shown(name)} cannot be a creator's name: names are letters, digits and _.")
    return name


def _parse(text: str, kind: AddressKind, own_host: str) -> int:
    wanted = bare(text)
    if re.fullmatch(r"[+-]?[0-9]+", wanted):
        return _plain_id(wanted, kind)
    if whole := _FLOAT.fullmatch(wanted):  # a column of numbers with gaps, as pandas and spreadsheets write it
        return _plain_id(whole[1], kind)
    found = _address(wanted, kind, own_host)
    if found.kind is not kind:
        raise _bad(_ELSEWHERE[kind], kind)
    return found.id


def _plain_id(digits: str, kind: AddressKind | None) -> int:
    if not digits.isdigit() or len(digits.lstrip("0")) > 10 or not 1 <= int(digits) <= ID_MAX:
        what = f"{_a(kind)} id" if kind else "an id"
        raise _bad(f"{_shown(digits)} is not {what}: ids are whole numbers from 1 to {ID_MAX}.", kind)
    return int(digits)


def _address(text: str, kind: AddressKind | None, own_host: str) -> Address:
    parts = _split(text, kind, own_host)
    if _LIST.fullmatch(parts.path):
        return _from_query(parts, kind)
    if page := _PAGE.fullmatch(parts.path):
        return Address(AddressKind.POST if page[1].lower() == "posts" else AddressKind.IMAGE, _plain_id(page[2], kind))
    section = _SECTION.fullmatch(parts.path)
    what = _SECTIONS.get(section[1].lower(), "") if section else ""
    raise _bad(f"That is {what}." if what else f"{_shown(text)} holds no id of a post or an image.", kind)


def _split(text: str, kind: AddressKind | None, own_host: str) -> SplitResult:
    if not text:
        raise _bad("Nothing was passed.", kind)
    if re.search(r"[\s\\\x00-\x1f\x7f]", text) or not re.search(r"[./:]", text):
        raise _bad(f"{_shown(text)} is neither an id nor a URL.", kind)
    try:
        parts = urlsplit(text if "://" in text else f"https://{text.removeprefix('//')}")
        _ = parts.port  # read for its complaint: a port that is no number makes no URL
    except ValueError as error:
        raise _bad(f"{_shown(text)} is not a URL.", kind) from error
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or not _is_ours(parts.hostname or "", own_host):
        raise _bad(f"{_shown(text)} is not an address of Civitai.", kind)
    return parts


def _is_ours(host: str, own_host: str) -> bool:
    plain = host.removesuffix(".")
    return plain in {*_SITES, own_host.lower()} - {""} or plain.endswith(tuple(f".{site}" for site in _SITES))


def _from_query(parts: SplitResult, kind: AddressKind | None) -> Address:
    query = parse_qs(parts.query)
    asked = [
        (found, query[name])
        for found, name in ((AddressKind.POST, "postId"), (AddressKind.IMAGE, "imageId"))
        if name in query
    ]
    if len(asked) != 1 or len(asked[0][1]) != 1 or not re.fullmatch(r"[0-9]+", asked[0][1][0]):
        raise _bad("That list names no single post or image.", kind)
    return Address(asked[0][0], _plain_id(asked[0][1][0], kind))


def _bad(message: str, kind: AddressKind | None) -> BadInput:
    return BadInput(message, hint=_HINTS[kind])


def _a(kind: AddressKind) -> str:
    return f"{'an' if kind is AddressKind.IMAGE else 'a'} {kind}"


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 80 else f"{text[:79]}…")
