"""What was found to go with reactions, as plain values: what models compute, the store keeps and answers tell."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict


class Measure(StrEnum):
    """How a parameter is said: a number told per doubling or per unit, something used or not, one of several."""

    DOUBLING = "per doubling"
    UNIT = "per unit"
    FLAG = "used"
    CHOICE = "one of"


class EffectVerdict(StrEnum):
    """What the numbers carry."""

    MORE = "more"
    LESS = "less"
    UNCERTAIN = "cannot tell"
    SHORT = "too few"
    ALIASED = "cannot be told apart from"


NAMING = (EffectVerdict.MORE, EffectVerdict.LESS)


class ModelKind(StrEnum):
    """What may be compared as a model: whole families, single checkpoints, or what is added to them."""

    BASE = "base"
    CHECKPOINT = "checkpoint"
    LORA = "lora"


class Found(BaseModel):
    """Anything that was found; it does not change."""

    model_config = ConfigDict(frozen=True)


class FoundBand(Found):
    """One third of the media by a number, from `least` to `most`, beside the lowest third."""

    least: float
    most: float
    media: int
    ratio: float
    low: float | None = None
    high: float | None = None


class FoundEffect(Found):
    """One thing asked: `ratio` of reactions, 95 % `low` to `high`, and how many there are with it and without.

    `spread` says how much the effect differs between creators, `visible` which ratio could just have been seen.
    """

    parameter: str
    label: str
    measure: Measure
    verdict: EffectVerdict
    media: tuple[int, int]
    posts: tuple[int, int]
    creators: int
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    q: float | None = None
    visible: float | None = None
    alias: str | None = None
    is_blurred: bool = False
    is_control: bool = False
    spread: float | None = None
    bands: tuple[FoundBand, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.parameter} {self.label}".strip()

    @property
    def is_named(self) -> bool:
        return self.verdict in NAMING


class FoundEffects(Found):
    """All that was asked of some media; `is_suspect` says that a number that cannot matter looks as if it did."""

    rows: tuple[FoundEffect, ...]
    tested: int
    media: int
    posts: int
    creators: int
    silent: int
    visible: float | None
    is_suspect: bool

    @property
    def named(self) -> list[FoundEffect]:
        return [one for one in self.rows if one.is_named]


class FoundModel(Found):
    """One model beside the others: `raw` is of everybody's media, `ratio` of the same creators', drawn in.

    `share` of the media use it, `lately` of those of the last thirty days.
    """

    name: str
    verdict: EffectVerdict
    media: int
    posts: int
    creators: int
    share: float
    lately: float | None = None
    raw: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


class FoundPair(Found):
    """How sure it is that `one` does better than `other`, of creators who use both or are joined by those who do."""

    one: str
    other: str
    chance: float


class FoundModels(Found):
    """Every model used by enough media to be listed; `spread` says how much they differ at all.

    Of `untold` media it is not known, `rare` models are used by too few; `pairs` are of those used most.
    """

    rows: tuple[FoundModel, ...]
    pairs: tuple[FoundPair, ...]
    media: int
    posts: int
    creators: int
    untold: int
    rare: int
    spread: float | None = None


class FoundPhrase(Found):
    """One phrase of prompts with its `twins`, which no data can tell from it; or a pair, beyond what each goes with.

    `lora` is the LoRA whose trigger it seems to be, `fixed` the creators who use it nearly always. No ratio where
    chance explains what there is.
    """

    terms: tuple[str, ...]
    is_pair: bool
    verdict: EffectVerdict
    media: tuple[int, int]
    posts: tuple[int, int]
    creators: int
    q: float
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    lora: str | None = None
    fixed: int = 0
    lift: float | None = None

    @property
    def is_named(self) -> bool:
        return self.verdict in NAMING


class FoundPhrases(Found):
    """Every phrase that was tested; `always` are those that some creators use nearly always, and how many do.

    Of `untold` media no prompt is known. Where there `is_short`, nothing was tested.
    """

    rows: tuple[FoundPhrase, ...]
    media: int
    posts: int
    creators: int
    untold: int
    is_short: bool
    always: tuple[tuple[str, int], ...] = ()

    @property
    def named(self) -> list[FoundPhrase]:
        return [one for one in self.rows if one.is_named]


EVERYTHING = "all"  # the scope of all that is followed: the newest of it
STUDIED_AT = (72, 24, 168)  # ages in hours, the one that is asked for most first


@dataclass(frozen=True, slots=True)
class Study:
    """What was found of a scope by counts at an age: `rows` is one of the above as JSON; of models, one for each kind.

    `media` had a count at that age, of so many `creators`; it took so many `seconds`.
    """

    question: str
    scope: str
    hours: int
    made_at: datetime
    media: int
    creators: int
    rows: dict[str, Any]
    seconds: float
