"""What goes with reactions in words: the sentence of an answer, and its doubts."""

import math
from collections.abc import Iterator, Sequence

from civitai_engagement.answers.answer import clean, count, figures
from civitai_engagement.answers.answer import spoken as spoken_at
from civitai_engagement.answers.why.effect_rows import named, spoken, triple
from civitai_engagement.answers.why.studied_media import agree
from civitai_engagement.records.findings import EffectVerdict, FoundEffect, FoundEffects, Study

MOST_SPOKEN, MOST_BESIDE = 4, 3
FEWEST_CREATORS = 20
GOES_WITH = (
    "It goes with reactions; that it brings them, nothing here says: whoever does it may also choose other subjects. "
    "Each media is compared with others of the same creator and the same 90 days, all else that is known held equal."
)
TESTED = "Whatever was tested counts, shown or not: 5 % of what is named is expected to be false. 95 % intervals."
SUSPECT = "Whether the seed is odd cannot matter, and looks as if it did: do not trust this table."
SHOWN = "Who shows how they made a media is not random: media with parameters have {times} times those without."
FEW_CREATORS = "Of fewer than 20 creators: posts are the unit, and what holds for creators at large this cannot say."
HIDDEN = "parameters shown"


def effect_doubts(asked: Sequence[str], found: FoundEffects, *, is_own: bool) -> Iterator[str]:
    if found.is_suspect:
        yield SUSPECT
    yield GOES_WITH
    yield TESTED
    if 0 < found.creators < FEWEST_CREATORS and not is_own:
        yield FEW_CREATORS
    shown = next((one for one in found.named if one.parameter == HIDDEN), None)
    if shown:
        yield SHOWN.format(times=figures(shown.ratio or 0))
    if found.silent:
        yield f"{count(found.silent, 'media', 'media')} of times without any reaction to their creator tell nothing."
    if unknown := [one for one in asked if not any(row.name.lower().startswith(one.lower()) for row in found.rows)]:
        yield f"Not asked: {clean(', '.join(unknown), 120)}. Asked are {_asked(found)}."


def _asked(found: FoundEffects) -> str:
    return ", ".join(dict.fromkeys(named(one.parameter) for one in found.rows))


def _told(found: FoundEffects) -> list[FoundEffect]:
    """Give what is named, but for what only says whose media tell how they were made."""
    return [one for one in found.named if one.parameter != HIDDEN]


def of_all(found: FoundEffects, age: str) -> str:
    """Say in a sentence what goes with the reactions of many creators."""
    who = f"{count(found.posts, 'post')} by {count(found.creators, 'creator')}"
    if not found.tested:
        return f"{who} with a count at {age} of age are too few to compare anything."
    if not _told(found):
        return f"{_nothing_of(f'Nothing in {who}', found)}."
    rest = found.tested - len(_told(found))
    return f"In {who}, {_named(found)}; {rest} of {count(found.tested, 'thing')} tested cannot be told from chance."


def of_study(study: Study | None) -> str | None:
    """Say what the last nightly study of everything named; None where there was none, or it named nothing."""
    found = None if study is None else FoundEffects.model_validate(study.rows)
    if study is None or found is None or found.is_suspect or not _told(found):
        return None
    who = f"{count(found.posts, 'post')} by {count(found.creators, 'creator')} followed"
    return f"{_named(found)}, among {who}, as studied at {spoken_at(study.made_at)}"


def _nothing_of(nothing: str, found: FoundEffects) -> str:
    under = f"; a ratio under x{figures(found.visible)} could not have shown" if found.visible else ""
    return f"{nothing} can be told from chance ({count(found.tested, 'thing')} tested{under})"


def _named(found: FoundEffects) -> str:
    """Say what is named, the strongest first."""
    strongest = sorted(_told(found), key=lambda one: -abs(math.log(one.ratio or 1)))[:MOST_SPOKEN]
    more = [spoken(one) for one in strongest if one.verdict is EffectVerdict.MORE]
    less = [spoken(one) for one in strongest if one.verdict is EffectVerdict.LESS]
    return going(more, less, left=len(_told(found)) - len(strongest))


def going(more: Sequence[str], less: Sequence[str], *, left: int) -> str:
    """Say what goes with more and what with fewer reactions, and how many more are named."""
    parts = [f"{what} with {how} reactions" for what, how in ((_went(more), "more"), (_went(less), "fewer")) if what]
    return " and ".join(parts) + (f" ({left} more are named)" if left else "")


def _went(told: Sequence[str]) -> str:
    if not told:
        return ""
    return f"{', '.join(told)} {'goes' if len(told) == 1 else 'go'}"


def of_one(who: str, found: FoundEffects, others: FoundEffects | None) -> str:
    """Say in a sentence what goes with the reactions of one creator, and what others' media show."""
    posts = count(found.posts, "post")
    if _told(found):
        own = f"In {who}'s {posts}, {_named(found)} than in their other media"
    elif found.tested:
        own = _nothing_of(f"Nothing in {who}'s {posts}", found)
    else:
        own = f"{who}'s {posts} with a known count are too few to compare anything"
    return f"{own}; {_of_others(found, others)}."


def _of_others(found: FoundEffects, others: FoundEffects | None) -> str:
    if others is None:
        return "nobody else is followed to compare with"
    of = f"others' {count(others.posts, 'post')} by {count(others.creators, 'creator')}"
    if not _told(others):
        return f"{of} name nothing either"
    strongest = sorted(_told(others), key=lambda one: -abs(math.log(one.ratio or 1)))[:MOST_BESIDE]
    own = {one.name: one for one in found.rows}
    return f"{of} show {', '.join(_compared(one, own.get(one.name)) for one in strongest)}"


def _compared(one: FoundEffect, own: FoundEffect | None) -> str:
    """Say what others show of one thing, and whether the creator's own figure fits."""
    mine, theirs = triple(own), triple(one)
    if mine is None or theirs is None:
        return spoken(one)
    fit = "fits" if agree(mine, theirs, one.spread or 0.0) else "differs"
    return f"{spoken(one)}, where their own x{figures(mine[0])} ({figures(mine[1])} to {figures(mine[2])}) {fit}"
