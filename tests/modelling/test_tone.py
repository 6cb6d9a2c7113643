"""How comments sound: other languages stay unscored, and what is said is seldom heard the other way round."""

import json
from pathlib import Path

import pytest

pytest.importorskip("vaderSentiment")
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from civitai_engagement.analysis.tones import shares, wilson
from civitai_engagement.modelling.tone import score
from civitai_engagement.records.comments import Tone

CASES = Path(__file__).resolve().parents[2] / ".." / "shared" / "cases" / "comments-tone.json"
# Others of the kind, written down before they were scored the first time.
PRAISE = [
    "this is breathtaking",
    "the mood here is everything",
    "I need this as a poster",
    "who gave you the right to be this good",
    "how are you not famous",
    "that light though!!",
    "chills",
    "more like this please",
    "ok wow",
    "you did it again",
    "the monster is so creepy, well done",
    "love the blood and gore, very cool",
    "best one yet",
    "saved",
    "so pretty I could cry",
    "ate and left no crumbs",
    "a feast for the eyes",
    "this broke me, in a good way",
    "stupidly good render",
    "not a single flaw",
    "damn those eyes",
    "never seen anything better",
    "hell yeah",
    "sad and beautiful",
    "killer work",
]
BLAME = [
    "the hands again...",
    "would look better without the text",
    "way too smooth",
    "looks like every other ai girl",
    "neck is too long",
    "where is her other arm",
    "this prompt is stolen from me",
    "I expected more",
    "another day another waifu",
    "eyes are pointing everywhere",
    "can you please fix the feet",
    "why is this trending",
    "not sure about the colors",
    "boring pose, boring face",
    "it is giving wax figure",
    "the upscale ruined it",
    "hard to look at",
    "nobody asked for this",
    "so fake",
    "lora gives me garbage results",
]
FOREIGN = [
    "muito bom trabalho",
    "geweldig werk",
    "bonne idée",
    "schrecklich",
    "no me gusta",
    "que linda la modelo",
    "sieht super aus",
    "fantastico",
    "excelente",
    "прекрасно",
    "素敵",
    "정말 멋져요",
    "c'est magnifique",
    "mir gefällt das",
    "ideal para fondo",
    "bravo",
    "genial",
    "świetne",
    "çok güzel",
    "keren banget",
    "das ist nicht gut",
    "la luz es perfecta",
    "die Hände sind falsch",
    "trop cool ce style",
    "muy feo",
]


def opposite(texts: list[str], wrong: Tone) -> list[str]:
    return [text for text in texts if score(text).tone is wrong]


def plainly_opposite(texts: list[str], sign: int) -> int:
    plain = SentimentIntensityAnalyzer()
    return sum(sign * plain.polarity_scores(text)["compound"] >= 0.05 for text in texts)


@pytest.mark.parametrize("text", FOREIGN)
def test_other_languages_stay_unscored(text: str) -> None:
    assert score(text).tone is Tone.UNSCORED


def test_what_is_said_is_seldom_heard_the_other_way_round() -> None:
    wrong = [*opposite(PRAISE, Tone.NEGATIVE), *opposite(BLAME, Tone.POSITIVE)]
    assert len(wrong) <= 0.1 * len(PRAISE + BLAME), wrong
    assert len(wrong) <= plainly_opposite(PRAISE, -1) + plainly_opposite(BLAME, 1)


@pytest.mark.skipif(not CASES.exists(), reason="the labelled comments are not at hand")
def test_labelled_comments_hold() -> None:
    told = json.loads(CASES.read_text(encoding="utf-8"))["comments"]
    by = {label: [one["text"] for one in told if one["label"] == label] for label in ("praise", "criticism", "foreign")}
    assert [text for text in by["foreign"] if score(text).tone is not Tone.UNSCORED] == []
    wrong = [*opposite(by["praise"], Tone.NEGATIVE), *opposite(by["criticism"], Tone.POSITIVE)]
    assert len(wrong) <= 0.1 * (len(by["praise"]) + len(by["criticism"])), wrong


@pytest.mark.parametrize(
    "text", ["what lora is this?", "which model did you use", "prompt please", "workflow?", "what is the seed"]
)
def test_what_is_asked_for_is_counted_as_a_question_without_a_tone(text: str) -> None:
    told = score(text)
    assert told.is_question
    assert told.tone in {Tone.NEUTRAL, Tone.UNSCORED}


def test_markup_is_no_word() -> None:
    assert score("<p>gorgeous <a href='hate'>work</a></p>").tone is Tone.POSITIVE
    assert score("").tone is Tone.UNSCORED


def test_shares_are_told_from_thirty_scored_on() -> None:
    few = shares([Tone.POSITIVE] * 29 + [Tone.UNSCORED] * 50)
    assert [one.share for one in few] == [None] * 4
    [positive, *_, unscored] = shares([Tone.POSITIVE] * 20 + [Tone.NEGATIVE] * 10 + [Tone.UNSCORED] * 9)
    assert positive.share == pytest.approx(2 / 3)
    assert (positive.low, positive.high) == wilson(20, 30)
    assert (unscored.count, unscored.share) == (9, None)
