"""The tree of errors: by what the caller can do."""

import inspect
import re
from pathlib import Path

import pytest

from civitai_engagement import errors
from civitai_engagement.errors import EngagementError, Retryable

SOURCES = Path(errors.__file__).parent
TREE = {
    "EngagementError": "Exception",
    "Retryable": "EngagementError",
    "UpstreamDown": "Retryable",
    "UpstreamBusy": "UpstreamDown",
    "UpstreamUnbelievable": "UpstreamDown",
    "StoreDown": "Retryable",
    "Deposed": "Retryable",
    "Refused": "EngagementError",
    "BadInput": "Refused",
    "NotFound": "Refused",
    "UpstreamRefused": "Refused",
    "BadSetup": "Refused",
    "ClockWrong": "BadSetup",
    "Broken": "EngagementError",
}
OURS = dict(inspect.getmembers(errors, inspect.isclass))


def test_the_tree_is_as_drawn() -> None:
    assert {name: one.__base__.__name__ for name, one in OURS.items() if one.__base__} == TREE
    drawn = (errors.__doc__ or "").replace("│", " ")
    assert re.findall(r"(\w+)", " ".join(re.findall(r"^[ ├└─]*(\w+)", drawn, re.MULTILINE)))[1:] == list(TREE)


@pytest.mark.parametrize("name", [name for name in TREE if name not in {"EngagementError", "Retryable"}])
def test_every_error_is_used(name: str) -> None:
    texts = (path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py") if path.name != "errors.py")
    assert any(re.search(rf"\b{name}\b", text) for text in texts)


def test_an_error_says_its_sentence_and_the_next_step() -> None:
    assert str(EngagementError("It is so.", hint="Do this.")) == "It is so. Do this."
    assert str(EngagementError("It is so.")) == "It is so."


def test_only_what_can_be_tried_again_knows_when() -> None:
    assert Retryable("Wait.", retry_after=2.5).retry_after == 2.5
    assert Retryable("Wait.").retry_after is None
    assert not hasattr(EngagementError("No."), "retry_after")
