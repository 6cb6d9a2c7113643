"""What goes with phrases of prompts, as the answer tells it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from civitai_engagement.analysis.outcomes import CountedRows
from civitai_engagement.answers.why.phrased_media import PhrasedMedia
from civitai_engagement.answers.why.prompt_patterns import PatternOptions, PromptPatterns, answer_of
from civitai_engagement.records.features import MadeRow
from civitai_engagement.records.made import MadeCoverage
from tests.growing import Grown, write
from tests.house import START
from tests.makers import made
from tests.modelling.test_patterns import GOOD, LORA, TRIGGER, TWIN, WORDS, written

if TYPE_CHECKING:
    from tests.house import House


def phrased(rows: Sequence[MadeRow]) -> PhrasedMedia:
    told = dict.fromkeys(("posts", "creators", "without_parameters", "by_success", "unknown", "unread"), 0)
    coverage = MadeCoverage(media=len(rows), counted=len(rows), as_of=None, **told)
    return PhrasedMedia(CountedRows(rows, 0, 2), coverage)


@pytest.fixture(scope="module")
def many() -> PromptPatterns:
    media = phrased(written(made(60, 20, shown=1.0)))
    return answer_of(PatternOptions(limit=60), media, media)


def test_a_phrase_is_told_with_its_twin_ratio_interval_posts_and_creators(many: PromptPatterns) -> None:
    first = many.rows[0]
    assert (first.phrase, first.twins, first.verdict) == (GOOD, [TWIN], "more")
    assert sum(first.posts) == 1_200
    assert (first.low or 9) < 2 < (first.high or 0)
    assert many.summary.startswith("In 1,200 posts by 60 creators with a known prompt, 1 of ")
    assert "named: at dusk x" in many.summary
    assert [one.lora for one in many.rows if one.phrase == TRIGGER] == [LORA]
    assert f"as LoRA {LORA}" in many.as_text()
    assert "boilerplate: best of all (6 creators)" in many.as_text()
    assert " because" not in many.as_text()
    assert len(many.as_text()) < 9_000


def test_a_creator_with_few_posts_is_shown_their_own_words_in_everybodys_posts() -> None:
    rows = written(made(60, 20, shown=1.0))
    own = phrased([one for one in rows if one.creator == "maker_7"][:3])
    told = answer_of(PatternOptions(creator="maker_7", limit=60), own, phrased(rows))
    mine = {term for one in own.found.rows for term in one.features.phrases}
    assert told.of.pooled
    assert told.summary.startswith("maker_7's 3 posts alone are too few (from 150 on). In 1,200 posts by 60 ")
    assert {one.phrase for one in told.rows} <= mine
    assert 0 < len(told.rows) < told.of.tested
    assert all(one.ratio for one in told.rows)


def test_too_few_creators_hear_what_it_takes() -> None:
    media = phrased(written(made(40, 10, shown=1.0)))
    told = answer_of(PatternOptions(), media, media)
    assert told.rows == []
    assert "are too few to tell phrases apart: it takes more than 40 creators" in told.summary
    assert "from 200 on" in told.summary


def test_only_phrases_with_some_words_are_shown_and_all_count(many: PromptPatterns) -> None:
    media = phrased(written(made(60, 20, shown=1.0)))
    told = answer_of(PatternOptions(contains="WORD 1"), media, media)
    assert {one.phrase for one in told.rows} <= {*WORDS[10:20], WORDS[1]}
    assert told.of.tested == many.of.tested


async def test_prompts_are_read_from_the_database(house: "House") -> None:
    grown = [Grown(n, post=n, born=START, likes=((1, 4), (24, 30)), seen_to=48) for n in range(1, 30)]
    await write(house.database_url, grown)
    await house.tick()
    told = await house.good("find_prompt_patterns", at_age="24h")
    assert "too few" in told["summary"]
    missing = await house.call("find_prompt_patterns", creator="Nobody")
    assert missing.is_error
