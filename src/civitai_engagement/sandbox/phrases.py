"""The phrases prompts of a planted world are made of: few are common, some are always used together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, product
from random import Random
from types import MappingProxyType

_FIRST = """
    amber brass cobalt drifting early faded gilded hollow inked jade
    knotted late mossy northern opal paper quiet rusted silver tidal
    """
_SECOND = """
    lantern harbour meadow tram lighthouse orchard stairwell canal
    greenhouse workshop rooftop glacier carousel dune library
    """

PHRASES = tuple(f"{first} {second}" for second, first in product(_SECOND.split(), _FIRST.split()))
# Every copy goes with its original nearly always, so that no data can tell which of the two it is.
COPIES: Mapping[str, str] = MappingProxyType(
    {PHRASES[3]: "fine grain", PHRASES[10]: "soft focus", PHRASES[21]: "wide margin"}
)
COPIED = 0.95
EFFECTS: Mapping[str, float] = MappingProxyType(
    {
        PHRASES[2]: 1.5,
        PHRASES[3]: 1.3,
        PHRASES[5]: 0.7,
        PHRASES[8]: 2.0,
        PHRASES[13]: 0.5,
        PHRASES[17]: 1.5,
        PHRASES[25]: 2.0,
        PHRASES[40]: 0.6,
    }
)
OWN = 40
_WEIGHTS = tuple(accumulate(1 / (place + 5) for place in range(len(PHRASES))))  # Zipf's law, its head flattened


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The phrases one creator has a habit of, most of what they write."""

    own: Sequence[str]

    def prompt(self, random: Random, words: int) -> tuple[str, ...]:
        """About `words` words: two a phrase, two in three from habit."""
        chosen = dict.fromkeys(
            random.choice(self.own) if random.random() < 2 / 3 else _any(random) for _ in range(max(1, words // 2))
        )
        copies = [COPIES[phrase] for phrase in chosen if phrase in COPIES and random.random() < COPIED]
        return (*chosen, *copies)


def vocabulary(random: Random) -> Vocabulary:
    return Vocabulary(random.choices(PHRASES, cum_weights=_WEIGHTS, k=OWN))


def _any(random: Random) -> str:
    return random.choices(PHRASES, cum_weights=_WEIGHTS)[0]
