"""What is asked of Civitai's image list, and how to tell that a page answers it: what was asked for must show in it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from civitai_engagement.civitai.wire import Listing
from civitai_engagement.errors import BadInput, UpstreamRefused, UpstreamUnbelievable
from civitai_engagement.records.media import Media, Reject

ALL_LEVELS = 31
MOST_IDS = 100
SORTS = ("Most Reactions", "Most Comments", "Most Collected", "Newest", "Oldest")
PERIODS = ("Day", "Week", "Month", "Year", "AllTime")
_PAGE, _PAGE_WITH_META = 200, 100


@dataclass(frozen=True, slots=True)
class ListQuery:
    """One question to the image list; `check` gives a page back as it may be believed, or raises.

    >>> of_post(12345, with_meta=False).page("200|1759019220000")["cursor"]
    '200|1759019220000'
    """

    filters: Mapping[str, str]
    check: Callable[[Listing], Listing]
    with_meta: bool = False
    limit: int = _PAGE
    levels: int = ALL_LEVELS
    ordered: Mapping[str, str] = field(default_factory=lambda: {"sort": "Newest"})

    def page(self, cursor: str | None = None) -> dict[str, str]:
        """Give the parameters of the page that a cursor leads to."""
        asked = {**self.filters, "limit": str(self.limit), **self.ordered, "browsingLevel": str(self.levels)}
        meta = {"withMeta": "true", "flatMeta": "true"} if self.with_meta else {}
        return asked | meta | ({"cursor": cursor} if cursor else {})


def of_post(post_id: int, *, with_meta: bool) -> ListQuery:
    return ListQuery({"postId": str(post_id)}, partial(_of_post, post_id), with_meta, _page_size(with_meta=with_meta))


def of_creator(username: str, *, with_meta: bool) -> ListQuery:
    return ListQuery({"username": username}, partial(_of_creator, username), with_meta, _page_size(with_meta=with_meta))


def of_image(image_id: int, *, with_meta: bool) -> ListQuery:
    return ListQuery({"imageId": str(image_id)}, partial(_of_image, image_id), with_meta, 1, ordered={})


def of_ids(ids: Collection[int], *, proven: bool) -> ListQuery:
    """Look up many images; strangers in the answer of a Civitai not `proven` to know `ids` say that it does not.

    The page is large whatever is asked: a Civitai that drops the filter then shows it by strangers beyond doubt.
    """
    listed = ",".join(str(number) for number in sorted(ids))
    return ListQuery({"ids": listed}, partial(_of_ids, frozenset(ids), proven=proven), limit=MOST_IDS)


def newest(*, limit: int, sort: str, period: str, levels: int) -> ListQuery:
    if limit < 1:
        raise BadInput(f"{limit} media cannot be asked for: pass a number from 1 up.")
    if not 1 <= levels <= ALL_LEVELS:
        raise BadInput(f"{levels} is no set of content levels: add up 1 PG, 2 PG-13, 4 R, 8 X, 16 XXX.")
    ordered = {"sort": _one_of(SORTS, sort, "an order"), "period": _one_of(PERIODS, period, "a period")}
    check = partial(_within_levels, levels)
    return ListQuery({}, check, with_meta=True, limit=min(limit, _PAGE_WITH_META), levels=levels, ordered=ordered)


def _page_size(*, with_meta: bool) -> int:
    return _PAGE_WITH_META if with_meta else _PAGE


def _one_of(known: tuple[str, ...], value: str, what: str) -> str:
    if value not in known:
        raise BadInput(f"{value!a} is not {what} that Civitai knows.", hint=f"Pass one of: {', '.join(known)}.")
    return value


def _of_post(post_id: int, listing: Listing) -> Listing:
    """Believe a page only where some item names the post asked for, and none another."""
    named = {media.post_id for media in listing.media} - {None}
    if listing.media and named != {post_id}:
        raise UpstreamUnbelievable(f"Civitai answered with images that are not of post {post_id}.")
    return replace(listing, media=tuple(replace(media, post_id=post_id) for media in listing.media))


def _of_creator(username: str, listing: Listing) -> Listing:
    """Believe a page only where some item names the creator asked for, in whatever case, and none another."""
    named = [media.username for media in listing.media if media.username is not None]
    if listing.media and {name.lower() for name in named} != {username.lower()}:
        raise UpstreamUnbelievable(f"Civitai answered with images that are not {username}'s.")
    return replace(listing, media=tuple(replace(media, username=named[0]) for media in listing.media))


def _of_image(image_id: int, listing: Listing) -> Listing:
    if any(media.id != image_id for media in listing.media):
        raise UpstreamUnbelievable(f"Civitai answered with other images than image {image_id}.")
    return listing


def _of_ids(ids: frozenset[int], listing: Listing, *, proven: bool) -> Listing:
    if all(media.id in ids for media in listing.media):
        return listing
    if proven:
        raise UpstreamUnbelievable("Civitai answered with other images than those asked for.")
    raise UpstreamRefused("Civitai does not look up images by a list of ids.", status=400)


def _within_levels(levels: int, listing: Listing) -> Listing:
    """Leave out what is above the levels asked for: Civitai filters by another rating than it shows."""
    above = [media for media in listing.media if _is_above(levels, media)]
    kept = tuple(media for media in listing.media if not _is_above(levels, media))
    reason = "its content level is above what was asked for"
    rejects = tuple(Reject(f"image {media.id}", reason, f'{{"id": {media.id}}}') for media in above)
    return replace(listing, media=kept, rejects=listing.rejects + rejects)


def _is_above(levels: int, media: Media) -> bool:
    return media.browsing_level is not None and media.browsing_level > levels
