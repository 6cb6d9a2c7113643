import pytest

from civitai_engagement.analysis.ratios import Ratio, controversy, discussion_depth, positive_ratio
from civitai_engagement.records.media import Counters


def counts(
    *, like: int = 0, heart: int = 0, laugh: int = 0, cry: int = 0, dislike: int = 0, comment: int = 0
) -> Counters:
    return Counters(like=like, heart=heart, laugh=laugh, cry=cry, dislike=dislike, comment=comment)


NONE_YET = Ratio(None, "there are no reactions yet")
UNKNOWN = Ratio(None, "no counters are known")


@pytest.mark.parametrize(
    ("totals", "ratio"),
    [
        (counts(like=5, heart=2, laugh=1, cry=2), Ratio(0.8)),
        (counts(cry=4), Ratio(0.0)),
        (counts(laugh=4), Ratio(1.0)),
        (counts(like=1, dislike=9, comment=9), Ratio(1.0)),
        (counts(comment=3), NONE_YET),
        (counts(), NONE_YET),
        (None, UNKNOWN),
    ],
)
def test_the_positive_ratio_is_the_share_of_reactions_without_cries(totals: Counters | None, ratio: Ratio) -> None:
    assert positive_ratio(totals) == ratio


@pytest.mark.parametrize(
    ("totals", "ratio"),
    [
        (counts(like=2, heart=1, laugh=1, cry=1, comment=1), Ratio(0.2)),
        (counts(like=2), Ratio(0.0)),
        (counts(cry=2, dislike=8, comment=5), Ratio(2.5)),
        (counts(comment=3), NONE_YET),
        (None, UNKNOWN),
    ],
)
def test_discussion_depth_is_comments_per_reaction(totals: Counters | None, ratio: Ratio) -> None:
    assert discussion_depth(totals) == ratio


@pytest.mark.parametrize("totals", [None, counts(), counts(like=5, dislike=3)])
def test_controversy_is_never_a_number_and_says_why(totals: Counters | None) -> None:
    assert controversy(totals) == Ratio(None, "Civitai no longer counts dislikes")
