"""What it would cost one creator to find something out for themselves."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from statistics import mean

from pydantic import BaseModel

from civitai_engagement.analysis.experiment import posts_a_side
from civitai_engagement.analysis.unknown import NotEnough
from civitai_engagement.answers.answer import count
from civitai_engagement.records.features import MadeRow

NEWEST = 50
PACE = timedelta(days=90)
WEEK = timedelta(weeks=1)


class Experiment(BaseModel):
    """Posts with one thing beside as many without it, and all else alike: how many until a ratio shows, and weeks."""

    words: str
    a_side_for_1_5: int | None = None
    a_side_for_2: int | None = None
    weeks_for_1_5: int | None = None
    weeks_for_2: int | None = None


def experiment_of(rows: Sequence[MadeRow]) -> Experiment:
    """Say what it costs, from what a creator's newest posts had and how often they post."""
    posts: dict[int, list[MadeRow]] = defaultdict(list)
    for one in rows:
        posts[one.post_id].append(one)
    newest = sorted(posts.values(), key=lambda media: media[0].published_at)[-NEWEST:]
    counts = [mean(one.count for one in media) for media in newest]
    sides = [posts_a_side(counts, ratio) for ratio in (1.5, 2.0)]
    few = next((one for one in sides if isinstance(one, NotEnough)), None)
    if few or None in sides:
        why = str(few) if few else "most posts have no reaction"
        return Experiment(words=f"What an experiment of one's own would cost cannot be said: {why}.")
    return _priced([one for one in sides if isinstance(one, int)], _pace([media[0] for media in posts.values()]))


def _pace(posts: Sequence[MadeRow]) -> float:
    """Give posts a week, over the last ninety days there are."""
    last = max(one.published_at for one in posts)
    lately = [one.published_at for one in posts if last - one.published_at <= PACE]
    return len(lately) / max((last - min(lately)) / WEEK, 1.0)


def _priced(sides: Sequence[int], pace: float) -> Experiment:
    small, large = (max(1, round(2 * side / pace)) for side in sides)
    words = (
        "An experiment of one's own, one thing changed and all else alike: four times in five x2 shows with about "
        f"{sides[1]} posts with it and {sides[1]} without ({count(large, 'week')} at {pace:.2g} posts a week), x1.5 "
        f"with {sides[0]} and {sides[0]} ({count(small, 'week')}); decided when the last is in, not before."
    )
    return Experiment(
        words=words, a_side_for_1_5=sides[0], a_side_for_2=sides[1], weeks_for_1_5=small, weeks_for_2=large
    )
