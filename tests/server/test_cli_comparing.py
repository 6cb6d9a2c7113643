"""`rate`, `compare`, `summary` and `hours` as processes."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.growing import Grown, write

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.server.conftest import Program

pytestmark = pytest.mark.slow


def posts(today: datetime, days: int) -> list[Grown]:
    """A post a day, the newest first; each has ten more at 24 h than the one after it."""
    born = [today - timedelta(days=day + 2, hours=3 * day % 24) for day in range(days)]
    return [
        Grown(1000 + day, post=100 + day, born=one, likes=((1, 3), (4, 8), (24, 10 + 10 * day)), seen_to=47)
        for day, one in enumerate(born)
    ]


async def test_posts_are_rated_compared_and_summed_up_in_tables_and_json(ledger: "Program", database_url: str) -> None:
    # Periods are whole days: from the hour of the day on which this runs, another number of posts would be seen in one.
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    await write(database_url, posts(today, 40))
    wide = ledger.having(COLUMNS="200")
    rated, compared, told, hours = await asyncio.gather(
        wide.run("rate", "104"),
        wide.run("compare", "1000", "https://civitai.com/images/1001", "--images", "--at-age", "4h", "--json"),
        wide.run("summary", "ana", "--period", "7d"),
        wide.run("hours", "Ana", "--zone", "Europe/Berlin"),
    )
    # The other 39 have 10, 20 … 400 but 50 at 24 h, the oldest most: about 70 were typical then, not 210.
    assert re.match(r"Post 104 has 0\.7[0-9] times Ana's typical image post at 47 h \(", rated[1])
    assert re.search(r"24 h .*\b50 0\.7", squeezed(rated[1]))
    ahead = json.loads(compared[1])["ahead"]
    assert [(one["age"], one["id"], one["count"]) for one in ahead] == [("4 h", "1000", 8), ("47 h", "1001", 20)]
    assert "best post at 24 h 139 with 400, 1.95 times the typical" in squeezed(told[1])
    assert "image 8,200 (100%) of 40 media" in squeezed(told[1])
    has_ended = f"to {today:%Y-%m-%d} in UTC" in squeezed(told[1])  # the day, since that was written
    seen = "of 5 of 40 posts, 0 observed" if has_ended else "of 6 of 40 posts, 1 observed"
    assert f"({seen} throughout)" in squeezed(told[1])
    assert "hour (Europe/Berlin) arrivals" in squeezed(hours[1])
    assert "23:00" in hours[1]


def squeezed(text: str) -> str:
    return " ".join(text.split())
