"""What a list says in one place: cells that may name a post, and which post they name together."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.errors import BadInput

FIELDS = ("url", "post", "post_url", "post_id", "civitai_url", "civitai_post_id", "civitai_id")
SHOWN = 200
_IMAGE_TOO = "civitaiid"  # of an asset it is the image's
_NOTHING = "it names no post"


@dataclass(frozen=True, slots=True)
class Cell:
    """One text that may name a post, under the name of its column; "" where there is none."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One place of a list. `problem` is why it names no post whatever its cells say; a comment need not."""

    number: int
    cells: Sequence[Cell] = ()
    problem: str = ""
    unit: str = "line"
    is_comment: bool = False


@dataclass(frozen=True, slots=True)
class ListLine:
    """One place of a list. Without `post_id` there is a reason; what `is_passed` over is no failure."""

    number: int
    text: str
    post_id: int | None = None
    reason: str = ""
    first: str = ""
    unit: str = "line"
    is_passed: bool = False

    @property
    def where(self) -> str:
        return f"{self.unit} {self.number}"


def folded(name: str) -> str:
    """Fold the name of a column: "Post ID", "postId" and "post_id" are one."""
    return re.sub(r"[\W_]", "", name).lower()


_KNOWN = {folded(name) for name in FIELDS}


def is_field(name: str) -> bool:
    return folded(name) in _KNOWN


def as_line(entry: ListEntry, own_host: str) -> ListLine:
    """Read the post an entry names; cells that name two are a contradiction, not a choice."""
    said = [one for one in entry.cells if one.text.strip()]
    text = said[0].text[:SHOWN] if said else ""
    if entry.problem or entry.is_comment or not said:
        reason = entry.problem or ("" if entry.is_comment else _NOTHING)
        return ListLine(
            entry.number, text, reason=reason, unit=entry.unit, is_passed=entry.is_comment or not entry.problem
        )
    try:
        cell, post_id = _post(said, own_host)
    except BadInput as error:
        return ListLine(entry.number, text, reason=error.message, unit=entry.unit)
    return ListLine(entry.number, cell.text[:SHOWN], post_id, unit=entry.unit)


def _post(cells: Iterable[Cell], own_host: str) -> tuple[Cell, int]:
    found: dict[int, Cell] = {}
    doubts: list[BadInput] = []
    for cell in sorted(cells, key=lambda one: folded(one.name) == _IMAGE_TOO):
        if doubts and not found and folded(cell.name) == _IMAGE_TOO:
            break
        try:
            found.setdefault(parse_post(cell.text, own_host=own_host), cell)
        except BadInput as error:
            doubts.append(error)
    if not found:
        raise doubts[0]
    (post_id, cell), *others = found.items()
    if others:
        number, other = others[0]
        raise BadInput(f"{cell.name} says post {post_id}, but {other.name} says {number}.")
    return cell, post_id
