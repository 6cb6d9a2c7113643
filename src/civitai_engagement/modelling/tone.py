"""How comments on pictures sound: VADER (Hutto & Gilbert 2014) with the words of art talk, only where it is English.

It is right about half the time. Whoever reads the texts reads better; it counts what nobody has the time to read.
"""

import re
import unicodedata
from functools import cache
from html import unescape

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from civitai_engagement.modelling.art_words import pattern, words
from civitai_engagement.records.comments import Scored, Tone

EDGE = 0.05
LATIN = 0.8
STRENGTH = 2.0
CONTENT, PRAISE, BLAME, ART, SHARED, PLAIN_ANYWHERE, ENGLISH, FOREIGN, WARM, COLD = map(
    words, ("content", "praise", "blame", "art", "shared", "plain", "english", "foreign", "warm", "cold")
)
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_THING = (
    r"(?:lora|model|checkpoint|prompts?|sampler|seed|steps|cfg|workflow|settings|resolution|vae|upscaler|version|v\d"
    r"|flux|sdxl|pony|illustrious)"
)
_ASKS = re.compile(
    rf"\?|^\W*(?:what|which|how|where|when|who|why|is|are|do|does|did|can|could|will|would)\b.*\b{_THING}\b"
    rf"|\b(?:what|which)\b.{{0,20}}\b{_THING}\b|\b(?:how (?:did|do|many|much)|can you share|care to share)\b"
    rf"|\b{_THING}\b\W*(?:please|pls|plz)\b|^\W*{_THING}\W*$"
)
_PRAISING, _BLAMING = (re.compile(pattern(kind)) for kind in ("praising", "blaming"))


def score(text: str) -> Scored:
    """Say how a comment sounds, and whether it asks.

    >>> score("what lora is this?")
    Scored(tone=<Tone.NEUTRAL: 'neutral'>, rule='words', is_question=True)
    """
    plain = _plain(text)
    found = _WORD.findall(plain)
    emoji = _emoji(plain)
    asks, other = bool(_ASKS.search(plain)), _foreign(found)
    phrase = _phrase(plain)
    if phrase is not None and not other:
        return Scored(phrase, "phrase", asks)
    if not found or not _is_english(plain, found, other):
        told = Tone.UNSCORED if found or emoji is None else emoji
        return Scored(told, "emoji" if told is not Tone.UNSCORED else "none", asks)
    return Scored(*_by_words(plain, emoji), asks)


def _plain(text: str) -> str:
    """Take the markup out; case and signs are kept apart from what they mean."""
    bare = unescape(_TAG.sub(" ", text)).replace("\u2019", "'").replace("*", "")
    return unicodedata.normalize("NFC", bare).lower().strip()


def _emoji(plain: str) -> Tone | None:
    warm, cold = (sum(plain.count(one) for one in each) for each in (WARM, COLD))
    if warm == cold:
        return None
    return Tone.POSITIVE if warm > cold else Tone.NEGATIVE


def _foreign(found: list[str]) -> int:
    return sum(one in FOREIGN or not one.isascii() for one in found)


def _is_english(plain: str, found: list[str], foreign: int) -> bool:
    """Say whether words are known to be English, and no more of another language; shared ones say nothing."""
    letters = [one for one in plain if one.isalpha()]
    if sum(one.isascii() for one in letters) < LATIN * len(letters):
        return False
    told = sum(one in ENGLISH or one in PRAISE or one in BLAME for one in found if one not in SHARED)
    known = sum(_is_known(one) for one in found)
    if found[0] in PLAIN_ANYWHERE and len(found) == 1:
        return True
    return foreign <= told and (told > 0 or 2 * known > len(found))


def _is_known(word: str) -> bool:
    if word in FOREIGN or word in SHARED:
        return False
    return word in ENGLISH or word in ART or word in CONTENT or word in _analyzer().lexicon


def _phrase(plain: str) -> Tone | None:
    """Say what set phrases tell; where both kinds are there, words decide."""
    praises, blames = bool(_PRAISING.search(plain)), bool(_BLAMING.search(plain))
    if praises == blames:
        return None
    return Tone.POSITIVE if praises else Tone.NEGATIVE


def _by_words(plain: str, emoji: Tone | None) -> tuple[Tone, str]:
    compound = _analyzer().polarity_scores(_without_emoji(plain))["compound"]
    tone = Tone.POSITIVE if compound >= EDGE else Tone.NEGATIVE if compound <= -EDGE else Tone.NEUTRAL
    return (emoji, "emoji") if tone is Tone.NEUTRAL and emoji else (tone, "words")


def _without_emoji(plain: str) -> str:
    return "".join(one for one in plain if one not in WARM and one not in COLD)


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    analyzer = SentimentIntensityAnalyzer()
    for word in CONTENT:
        analyzer.lexicon.pop(word, None)
    analyzer.lexicon.update(dict.fromkeys(PRAISE, STRENGTH))
    analyzer.lexicon.update(dict.fromkeys(BLAME, -STRENGTH))
    return analyzer
