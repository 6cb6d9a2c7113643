"""What `find_unusual` answers."""

import math
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from civitai_engagement.answers.insight.unusual import BY_CHANCE
from tests.growing import Grown, write
from tests.house import START

if TYPE_CHECKING:
    from tests.house import House

UNUSUAL = "find_unusual"
HOUR = timedelta(hours=1)
NOW = START + 200 * HOUR


def logarithmic(post: int, strength: float = 100, *, burst: int = 0, creator: str = "Ana") -> Grown:
    """A post four days old that grew with the logarithm of its age, with a burst in the hour after its 50th."""
    likes = [(hour, round(strength * math.log1p(hour)) + burst * (hour > 50)) for hour in range(1, 97)]
    return Grown(10 * post, post=post, born=NOW - 96 * HOUR, likes=likes, seen_to=96, creator=creator)


def kinds(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["kind"], one["id"]) for one in told["findings"]]


async def test_a_burst_and_a_post_far_above_the_others_are_found_with_their_evidence(house: "House") -> None:
    house.advance(hours=200)
    plain = [logarithmic(post) for post in range(10, 22)]
    await write(house.database_url, [*plain, logarithmic(1, burst=60), logarithmic(2, 1000), logarithmic(3, 0.5)])
    told = await house.call(UNUSUAL, creator="ana")
    assert kinds(told.data) == [("burst", "1"), ("below", "3"), ("above", "2")]
    burst, below, above = told.data["findings"]
    start, end = (datetime.fromisoformat(burst[name]) for name in ("start", "end"))
    assert NOW - 54 * HOUR <= start < NOW - 45 * HOUR <= end <= NOW - 36 * HOUR
    assert burst["value"] > 60
    assert 10 <= burst["expected"] < 25
    assert burst["times"] > 3
    assert burst["evidence"].startswith(f"{burst['value']:.0f} gained from 2026-05-0")
    assert "were to be expected from the hours before and after" in burst["evidence"]
    assert [above[name] for name in ("value", "expected", "n", "start", "end")] == [
        4290,
        429,
        14,
        None,
        "2026-05-08T20:00:00Z",
    ]
    assert above["evidence"] == "4,290 at 3 d of age, where 14 others of its creator typically had 429: 10 times"
    assert below["value"] == 2
    assert told.data["summary"].startswith(
        "1 burst, 1 far above its creator's usual, 1 far below its creator's usual in 15 posts looked at; "
        "strongest: post 1, "
    )
    assert told.data["not_judged"] == [
        {"what": "bursts and stalls", "n": 1, "reason": "fewer than 10 reactions and comments"}
    ]
    assert "not judged, bursts and stalls: 1, fewer than 10 reactions and comments" in told.rows
    short = await house.good(UNUSUAL, creator="Ana", limit=1)
    assert (kinds(short), short["left_out"]) == ([("burst", "1")], 2)
    one = await house.good(UNUSUAL, post="2")
    assert (kinds(one), one["looked_at"]) == ([("above", "2")], 1)
    assert one["findings"][0]["n"] == 14
    image = await house.good(UNUSUAL, image="10")
    assert (kinds(image), image["looked_at"]) == ([("burst", "10")], 1)
    quiet = await house.good(UNUSUAL, post="10")
    assert quiet["summary"] == "Nothing unusual in 1 post looked at."


async def test_great_numbers_are_told_without_powers_of_ten(house: "House") -> None:
    house.advance(hours=200)
    plain = [logarithmic(post, 300) for post in range(10, 32)]
    await write(house.database_url, [*plain, logarithmic(1, 300, burst=6_000), logarithmic(2, 600_000)])
    told = await house.call(UNUSUAL, creator="Ana", limit=50)
    assert kinds(told.data)[:1] == [("burst", "1")]
    above = next(one for one in told.data["findings"] if (one["kind"], one["id"]) == ("above", "2"))
    burst = told.data["findings"][0]
    assert burst["times"] > 100
    assert re.search(r": \d{3} times; chance under 1 in 10,000 for these hours alone$", burst["evidence"])
    assert above["evidence"].endswith("others of its creator typically had 1,287: 2,000 times")
    assert "e+0" not in told.text
    assert BY_CHANCE in told.data["notes"]


async def test_what_cannot_be_judged_is_counted_with_its_reason(house: "House") -> None:
    house.advance(hours=200)
    young = Grown(10, post=1, born=NOW - 3 * HOUR, likes=((1, 40), (2, 90)), seen_to=3)
    blind = Grown(20, post=2, born=NOW - 90 * HOUR, likes=(), seen_to=90)
    undated = Grown(30, post=3, born=NOW - 90 * HOUR, likes=((1, 40),), seen_to=90)
    await write(house.database_url, [young, blind, undated])
    await house.run("update images set published_at = null where id = 30")
    told = await house.good(UNUSUAL)
    assert told["summary"] == "Of 3 posts looked at none can be judged yet."
    reasons = {(one["what"], one["reason"]): one["n"] for one in told["not_judged"]}
    assert reasons == {
        ("bursts and stalls", "too young, too quiet or looked at too seldom to expect a number of any hours"): 1,
        ("bursts and stalls", "its counters were never observed"): 1,
        ("bursts and stalls", "its date of publication is not known"): 1,
        ("against others", "fewer than 10 others of its creator were observed at the same ages"): 1,
        ("against others", "its counters were never observed"): 1,
        ("against others", "its date of publication is not known"): 1,
    }
    nothing = await house.call(UNUSUAL, creator="Nobody")
    assert nothing.is_error
    assert nothing.text.startswith("Nothing is stored of what was asked for.")


async def test_a_loss_is_told_with_what_was_there(house: "House") -> None:
    house.advance(hours=200)
    lost = Grown(10, post=1, born=NOW - 96 * HOUR, likes=((1, 40), (5, 81), (60, 37)), seen_to=96)
    await write(house.database_url, [lost])

    told = await house.good(UNUSUAL, post="1")

    (loss,) = told["findings"]
    assert [loss[name] for name in ("kind", "value", "expected", "times", "n")] == ["loss", -44, 0, None, None]
    assert loss["evidence"] == "44 of 81 taken back from 2026-05-08 07:00 UTC to 2026-05-08 08:00 UTC"
    assert told["summary"].startswith("1 loss in 1 post looked at; strongest: post 1, 44 of 81 taken back")


async def test_times_is_the_ratio_of_the_two_numbers_told_and_nothing_where_the_typical_is_none(house: "House") -> None:
    house.advance(hours=200)
    quiet = [Grown(10 * post, post=post, born=NOW - 96 * HOUR, likes=((1, 0),), seen_to=96) for post in range(10, 22)]
    await write(house.database_url, [*quiet, logarithmic(1, 15)])

    told = await house.good(UNUSUAL, post="1")

    (above,) = [one for one in told["findings"] if one["kind"] == "above"]
    assert (above["expected"], above["times"]) == (0, None)
    assert above["evidence"].endswith("where 12 others of its creator typically had 0")

    for one in (await house.good(UNUSUAL, creator="Ana"))["findings"]:
        assert one["times"] is None or math.isclose(one["times"], one["value"] / one["expected"], rel_tol=0.005)


async def test_what_is_many_times_typical_and_not_unusual_is_named_with_the_reason(house: "House") -> None:
    """`rate_post` calls it many times typical; its creator's posts differ as much."""
    house.advance(hours=200)
    apart = [logarithmic(post, 2.0 ** (post - 6)) for post in range(10, 22)]
    await write(house.database_url, [*apart, logarithmic(1, 8000)])

    told = await house.good(UNUSUAL, post="1")

    assert told["findings"] == []
    assert re.fullmatch(
        r"Nothing unusual in 1 post looked at; the furthest, post 1, has \d+ times the median of 12 others at 3 d, but "
        r"they differ as much: \d\.\d of the 3\.5 robust deviations it takes\.",
        told["summary"],
    )


async def test_where_counters_are_refreshed_every_twelve_hours_it_says_so(house: "House") -> None:
    house.advance(hours=200)

    def stepwise(post: int) -> Grown:
        likes = [(hour, round(100 * math.log1p(hour))) for hour in range(4 + post % 3, 97, 12)]
        return Grown(10 * post, post=post, born=NOW - 96 * HOUR, likes=likes, seen_to=96)

    await write(house.database_url, [stepwise(post) for post in range(10, 22)])

    told = await house.good(UNUSUAL, creator="Ana")

    assert told["findings"] == []
    (reason,) = [one for one in told["not_judged"] if one["what"] == "bursts and stalls"]
    assert (reason["n"], reason["reason"]) == (
        12,
        "its creator's counters stand still and jump together, as when Civitai refreshes them seldom",
    )


async def test_what_was_looked_at_of_many_is_said_in_the_sentence(house: "House") -> None:
    house.advance(hours=400)
    await write(
        house.database_url,
        [Grown(10 + n, post=n, born=START + n * HOUR, likes=((1, 4), (30, 9)), seen_to=100) for n in range(1, 83)],
    )
    assert " the newest 80 posts looked at" in (await house.good(UNUSUAL, creator="Ana"))["summary"]
    assert " a sample over time of 80 posts looked at" in (await house.good(UNUSUAL))["summary"]
