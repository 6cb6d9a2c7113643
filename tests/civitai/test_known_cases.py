"""Metadata that once went wrong, where the cases are at hand: through a recording into the database."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.sandbox import Item

if TYPE_CHECKING:
    from tests.house import House

FOLDER = Path(__file__).resolve().parents[2] / ".." / "shared" / "cases"
CASES = sorted(FOLDER.glob("meta-*.json"))
RESOURCES = "select version_id, type, name, weight, hash from image_resources order by position"

pytestmark = pytest.mark.skipif(not CASES, reason="the cases are not at hand")


def is_as(resource: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(resource[name] == value for name, value in wanted.items())


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_a_known_case_is_stored_as_it_should_be(house: "House", path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    house.world.add_post(post_id=77, username="Ana", items=[Item(meta=case["meta"])])
    await house.good("record_civitai_post", posts=["77"])
    names = ("version_id", "type", "name", "weight", "hash")
    stored = [dict(zip(names, row, strict=True)) for row in await house.rows(RESOURCES)]
    for what, right in case["expected"].items():
        if what == "resources":
            assert len(stored) == len(right)
            assert all(any(is_as(one, wanted) for one in stored) for wanted in right)
        elif what == "count":
            assert all(sum(one["type"] == kind for one in stored) == number for kind, number in right.items())
        elif what == "count_of_foo":
            assert sum(one["name"] == "foo" for one in stored) == right
        elif what == "hash":
            assert [one["hash"] for one in stored] == [right]
        else:
            assert await house.rows(f"select {what} from generation_parameters") == [(right,)]
