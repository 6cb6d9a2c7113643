"""What `status` answers."""

from typing import TYPE_CHECKING

from civitai_engagement.answers.storage import storage

if TYPE_CHECKING:
    from tests.house import House


async def test_what_is_stored_is_counted(house: "House") -> None:
    house.post(3)
    await house.good("record_civitai_post", posts=[77])
    held = await storage(house.runtime)
    assert (held.posts, held.assets, held.tracked, held.history_rows) == (1, 3, 3, 3)
    assert held.summary == "1 post with 3 assets recorded; last observed 2026-05-01 12:00 UTC."
    assert (held.database, held.as_of, held.notes) == ("DATABASE_URL", "2026-05-01T12:00:00Z", [])
    assert f"schema: {held.schema_revision}" in held.as_text().splitlines()


async def test_an_empty_store_says_how_to_fill_it(house: "House") -> None:
    held = await storage(house.runtime)
    assert held.notes == ["Nothing is recorded yet: `civitai-engagement record URL`."]
    assert "last observation: none yet" in held.as_text()
