"""Phrases of prompts: what is planted is found, what goes together stands together, and nothing else is named."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from civitai_engagement.modelling.randomised import chances, normal_scores, randomised
from civitai_engagement.modelling.terms import usage_of
from civitai_engagement.modelling.written import found_phrases
from civitai_engagement.records.features import MadeRow
from civitai_engagement.records.findings import EffectVerdict, FoundPhrase, FoundPhrases
from tests.makers import made

WORDS = tuple(f"word {place}" for place in range(30))
GOOD, TWIN, TRIGGER, ALWAYS, LORA = "at dusk", "in fog", "inkstyle", "best of all", "ink lines"


def written(rows: Sequence[MadeRow], *, planted: float = 2.0, seed: int = 3) -> list[MadeRow]:
    """Give media prompts: one phrase brings more, one goes along with it, one with a LoRA, one is in all of some."""
    random = Random(seed)
    return [_written(random, one, planted) for one in rows]


def _written(random: Random, one: MadeRow, planted: float) -> MadeRow:
    has, ink = random.random() < 0.3, random.random() < 0.3
    terms = random.sample(WORDS, 6)
    terms += [GOOD] * has + [TWIN] * (has and random.random() < 0.97) + [TRIGGER] * ink
    terms += [ALWAYS] * (one.creator.endswith("1") or random.random() < 0.2)
    features = replace(one.features, phrases=tuple(terms), loras=(LORA,) if ink else (), negative_phrases=("blur",))
    return replace(one, count=one.count * (planted if has else 1), features=features)


@pytest.fixture(scope="module")
def found() -> FoundPhrases:
    return found_phrases(written(made(60, 20, shown=1.0)), pairs=True)


def row(found: FoundPhrases, term: str) -> FoundPhrase:
    [one] = [one for one in found.rows if not one.is_pair and term in one.terms]
    return one


def test_what_is_planted_is_found_and_nothing_else(found: FoundPhrases) -> None:
    assert [one.terms[0] for one in found.named] == [GOOD]
    good = row(found, GOOD)
    assert good.verdict is EffectVerdict.MORE
    assert (good.low or 9) < 2.0 < (good.high or 0)
    assert good.creators >= 50
    assert row(found, WORDS[0]).ratio is None


def test_phrases_nearly_always_together_are_one_row(found: FoundPhrases) -> None:
    assert row(found, TWIN) is row(found, GOOD)
    assert row(found, GOOD).terms == (GOOD, TWIN)


def test_the_trigger_of_a_lora_is_told_as_that_lora(found: FoundPhrases) -> None:
    assert row(found, TRIGGER).lora == LORA
    assert row(found, GOOD).lora is None


def test_boilerplate_is_named_with_how_many_write_it(found: FoundPhrases) -> None:
    assert found.always == ((ALWAYS, 6),)
    assert row(found, ALWAYS).fixed == 6


def test_a_pair_with_a_phrase_that_works_alone_is_nothing_of_its_own(found: FoundPhrases) -> None:
    pairs = [one for one in found.rows if one.is_pair]
    assert any(GOOD in one.terms for one in pairs)
    assert not [one for one in pairs if one.is_named]
    assert all(0.5 < (one.lift or 0) < 2 for one in pairs if TWIN not in one.terms and TRIGGER not in one.terms)


def test_two_that_work_only_together_are_named_as_a_pair() -> None:
    def joined(one: MadeRow) -> MadeRow:
        both = {WORDS[0], WORDS[1]} <= set(one.features.phrases)
        return replace(one, count=one.count * (4 if both else 1))

    def common(place: int, one: MadeRow) -> MadeRow:
        more = [word for at, word in enumerate(WORDS[:2]) if place * (at + 3) % (5 + at) < 3]
        terms = dict.fromkeys([*one.features.phrases, *more])
        return replace(one, features=replace(one.features, phrases=tuple(terms)))

    rows = [joined(common(place, one)) for place, one in enumerate(written(made(60, 20, shown=1.0), planted=1.0))]
    named = [one for one in found_phrases(rows, pairs=True).named if one.is_pair]
    assert [set(one.terms) for one in named] == [{WORDS[0], WORDS[1]}]
    assert (named[0].low or 0) > 2


def test_forty_creators_are_too_few_and_one_of_them_too() -> None:
    rows = written(made(41, 10, shown=1.0))
    forty = [one for one in rows if one.creator != "maker_0"]
    assert not found_phrases(rows).is_short
    assert found_phrases(forty).is_short
    assert found_phrases(forty).rows == ()


def test_one_creators_own_posts_are_asked_from_150_on() -> None:
    assert found_phrases(written(made(1, 149, shown=1.0))).is_short
    own = found_phrases(written(made(1, 300, shown=1.0), planted=3.0))
    assert not own.is_short
    assert [one.terms[0] for one in own.named] == [GOOD]
    assert len(own.rows) <= 60


def test_what_is_asked_for_by_name_has_its_ratio_though_it_says_nothing() -> None:
    told = found_phrases(written(made(60, 20, shown=1.0), planted=1.0), told=(WORDS[3],))
    one = row(told, WORDS[3])
    assert one.verdict is EffectVerdict.UNCERTAIN
    assert (one.low or 9) < 1 < (one.high or 0)


def test_negative_prompts_are_a_family_of_their_own() -> None:
    assert found_phrases(written(made(60, 20, shown=1.0)), negative=True).rows == ()


def test_media_without_a_prompt_are_counted_and_not_compared() -> None:
    rows = written(made(60, 20, shown=1.0))
    silent = [replace(one, features=replace(one.features, phrases=())) for one in rows[:100]]
    assert found_phrases([*silent, *rows[100:]]).untold == 100


def test_the_closed_form_is_what_dealing_posts_anew_gives() -> None:
    random = np.random.default_rng(5)
    blocks = np.repeat(np.arange(12), 8)
    counts, posts = random.poisson(9, 96).astype(float), np.arange(96)
    uses = random.random(96) < 0.3
    usage = usage_of([("a",) if one else ("b",) for one in uses], least=1)
    [score] = randomised(counts, posts, blocks, usage.only([usage.names.index("a")]))
    scores = normal_scores(np.log1p(counts), blocks)
    dealt = []
    for _ in range(4_000):
        order = np.lexsort((random.random(96), blocks))
        dealt.append(float(scores[order] @ uses))
    assert score == pytest.approx(float(scores @ uses) / np.std(dealt), rel=0.05)
    assert chances(np.array([score]))[0] == pytest.approx(np.mean(np.abs(dealt) >= abs(float(scores @ uses))), abs=0.03)


def test_without_media_nothing_is_said() -> None:
    assert found_phrases([]).is_short
