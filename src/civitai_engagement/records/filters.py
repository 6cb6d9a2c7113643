"""What is asked of the ledger: which media, posts, assets or rows are meant, and from where in the order of changes."""

from dataclasses import dataclass
from datetime import UTC, datetime

_DAWN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Subject:
    """Which media: one image, those of a post, or those of a creator; all None means any."""

    image_id: int | None = None
    post_id: int | None = None
    creator: str | None = None

    @property
    def is_anybody(self) -> bool:
        return (self.image_id, self.post_id, self.creator) == (None, None, None)


@dataclass(frozen=True, slots=True)
class ChangePosition:
    """A place in the order of the changes."""

    at: datetime
    image_id: int


@dataclass(frozen=True, slots=True)
class Since:
    """What a reader has seen: all that was committed by `snapshot`; of what came after, what lies before `place`.

    Changes of before `floor` are not looked for.
    """

    snapshot: str
    floor: datetime
    place: ChangePosition = ChangePosition(_DAWN, 0)


@dataclass(frozen=True, slots=True)
class AssetFilter:
    """Which recorded asset to find; all that are given must hold."""

    asset_id: int | None = None
    sha256sum: str | None = None
    image_id: int | None = None
    asset_url: str | None = None
    post_id: int | None = None
    on_behalf_of: str | None = None
    asset_type: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class PostFilter:
    """Which recorded posts to list; None means any. Any of the `creators` made it, or any of
    the `recorders` recorded it: names in lower case; given together."""

    post_id: int | None = None
    status: str | None = None
    creators: tuple[str, ...] | None = None
    recorders: tuple[str, ...] | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    on_behalf_of: str | None = None
    asset_type: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ExportFilter:
    """Which rows to export; None means any. `creator` is a name on Civitai, `since` is for the history."""

    creator: str | None = None
    post_id: int | None = None
    since: datetime | None = None
