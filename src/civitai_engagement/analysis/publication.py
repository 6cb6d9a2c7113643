"""When media were published: each at its own earliest known date, which recording a post does not rewrite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from civitai_engagement.records.media import Birth

# Media of one post are scanned one after another, and the feed's date is that of the scan.
TOGETHER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PostDates:
    """What is said of a post at one look: its own date, and the feed's date of each of its media, by id.

    `known` are the media of it that were seen before, by id; `looked_at` is the last look at the post that had not all
    of these, None where this is the first.
    """

    published_at: datetime
    dates: Mapping[int, datetime | None]
    known: Mapping[int, Birth]
    looked_at: datetime | None = None


def publications(gallery: PostDates) -> dict[int, datetime]:
    """Say when each media of a post was published, now that the post itself has said when it was.

    A media came out with its post, but for one that an earlier look at the post did not have, and one whose first sight
    was dated after it. The feed dates again what is published or scanned again: a later sight moves nothing. Where all
    are dated after their post at the first look, that has happened to the earliest of them.
    """
    return {image_id: _published_at(image_id, gallery, _dated_again(gallery)) for image_id in gallery.dates}


def _published_at(image_id: int, gallery: PostDates, dated_again: Sequence[int]) -> datetime:
    said, known = gallery.dates[image_id], gallery.known.get(image_id)
    if known is not None and known.published_at is not None:
        return _kept(known.published_at, known.first_seen_at, gallery.published_at)
    if known is None and said is not None and said > gallery.published_at and image_id not in dated_again:
        return said
    if known is None and gallery.looked_at is not None:
        return max(gallery.published_at, gallery.looked_at)
    return gallery.published_at


def _kept(published_at: datetime, first_seen_at: datetime, post: datetime) -> datetime:
    """Keep a date, but for one before the post's: that is of the upload. What was seen by then was out by then."""
    return post if published_at < post <= first_seen_at else published_at


def _dated_again(gallery: PostDates) -> list[int]:
    dates = {image_id: said for image_id, said in gallery.dates.items() if said is not None}
    if gallery.known or len(dates) < len(gallery.dates):
        return []
    earliest = min(dates.values(), default=gallery.published_at)
    if earliest <= gallery.published_at:
        return []
    return [image_id for image_id, said in dates.items() if said - earliest <= TOGETHER]
