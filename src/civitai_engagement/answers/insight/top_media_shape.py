"""What is told of ranked media, and by what they are ranked."""

from collections.abc import Callable
from enum import StrEnum

from pydantic import BaseModel

from civitai_engagement.answers.answer import Answer, row
from civitai_engagement.answers.insight.equal_age import HEAD, TypicalAtAge
from civitai_engagement.answers.now.media import Stats
from civitai_engagement.records.media import Counters


class RankBy(StrEnum):
    """What to rank by. `total` is reactions (like, heart, laugh, cry) and comments."""

    LIKES = "likes"
    HEARTS = "hearts"
    LIKES_AND_HEARTS = "likes_and_hearts"
    COMMENTS = "comments"
    TOTAL = "total"


MEASURES: dict[RankBy, Callable[[Counters], int]] = {
    RankBy.LIKES: lambda counters: counters.like,
    RankBy.HEARTS: lambda counters: counters.heart,
    RankBy.LIKES_AND_HEARTS: lambda counters: counters.like + counters.heart,
    RankBy.COMMENTS: lambda counters: counters.comment,
    RankBy.TOTAL: lambda counters: counters.total,
}


AGES_DIFFER = (
    "Types are compared as they stand, media of different ages together: which type does better at equal age, this "
    "does not say."
)


class RankedMedia(BaseModel):
    """One media at its rank; equal values share a rank."""

    rank: int
    value: int
    civitai_image_id: str
    url: str
    post_id: str | None
    title: str | None = None
    type: str
    username: str | None
    engagement_stats: Stats
    asset_url: str


class TypeComparison(TypicalAtAge):
    """Sums and means, at all ages, over the media of one type whose counters are known (`known` of `media`)."""

    type: str
    media: int
    known: int
    stats: Stats | None
    mean_value: float | None
    mean_reactions: float | None
    mean_comments: float | None


class FailedPost(BaseModel):
    """A post that could not be looked at, and why."""

    post: str
    error: str


class TopMedia(Answer):
    """Media ranked by `by`, most first; `compared` is how many had known counters."""

    by: str
    compared: int
    left_out: int
    top: list[RankedMedia]
    by_type: list[TypeComparison]
    failed: list[FailedPost]

    def _lines(self) -> list[str]:
        ranked = [
            row(
                one.rank,
                one.value,
                one.civitai_image_id,
                one.type,
                *_numbers(one.engagement_stats),
                one.post_id,
                one.asset_url,
            )
            for one in self.top
        ]
        head = f"rank|{self.by}|id|type|like|heart|laugh|cry|comment|post|url"
        compared = [
            row(
                one.type,
                one.media,
                one.known,
                _mean(one.mean_value),
                _mean(one.mean_reactions),
                _mean(one.mean_comments),
                *one.cells,
            )
            for one in self.by_type
        ]
        means = f"type|media|known|mean {self.by}|mean reactions|mean comments|{HEAD}"
        types = [means, *compared] if compared else []
        return [
            *([head, *ranked] if ranked else []),
            *([f"({self.left_out} more are ranked: ask with a larger limit)"] if self.left_out else []),
            *types,
            *(f"failed: {one.post}: {one.error}" for one in self.failed),
            *(self._page() if ranked else []),
        ]

    def _page(self) -> list[str]:
        """Say once where each of them is shown."""
        first = self.top[0]
        return [f"page: {first.url.removesuffix(first.civitai_image_id)}{{id}}"]


def _numbers(one: Stats) -> list[int]:
    return [one.like, one.heart, one.laugh, one.cry, one.comment]


def _mean(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"
