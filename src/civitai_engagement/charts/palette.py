"""How lines are told apart: by colour, marker and dash together, so that no reader depends on one of them."""

from dataclasses import dataclass

BACKGROUND = "#f7f7f4"  # a card of its own: it reads the same on a dark and on a light page
BORDER = "#c9c9c2"
INK = "#23262b"
FAINT = "#5c6168"
GRID = "#dfdfd9"
HOLE = "#e9e9e3"


@dataclass(frozen=True, slots=True)
class Pen:
    """How one line is drawn: `marker` is a matplotlib marker."""

    colour: str
    marker: str
    dash: tuple[float, ...] = ()


# After Okabe and Ito (2008), darkened where a colour is weaker than 3:1 on the card.
PENS = (
    Pen("#0065a3", "o"),
    Pen("#c04f00", "s", (5, 1.5)),
    Pen("#00805c", "^", (1.5, 1.2)),
    Pen("#a1467a", "D", (6, 1.5, 1.5, 1.5)),
    Pen("#1d1d1f", "v", (3, 1)),
    Pen("#2f86c9", "P", (8, 2)),
    Pen("#94690a", "X", (2, 2)),
    Pen("#7d6bc4", "<", (8, 1.5, 1.5, 1.5, 1.5, 1.5)),
)


@dataclass(frozen=True, slots=True)
class Sign:
    """How what befell the counters is marked, and what the key calls it."""

    marker: str
    meaning: str


EVENTS = {
    "fall": Sign("v", "fall, confirmed"),
    "correction": Sign("D", "many falls at once"),
    "missing": Sign("X", "media no longer listed"),
    "returned": Sign("P", "media listed again"),
}
