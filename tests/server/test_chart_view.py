"""The interactive view of a chart: what hosts are given, and how it behaves in a headless Chromium."""

import re
from typing import Any

import pytest
from mcp import Client
from mcp.types import TextResourceContents

from civitai_engagement.runtime import Runtime
from civitai_engagement.server.app import build
from civitai_engagement.server.apps import CHART
from civitai_engagement.settings import Settings
from docs.browser import Hosted, chromium, view

in_chromium = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed")
STRANGE = "post <img src=x onerror=alert(1)>"


def result(*lines: dict[str, Any], by: str = "age", **more: Any) -> dict[str, Any]:
    """Make what a host posts into the view."""
    answer = {"summary": "Post 77 went from 3 to 70.", "notes": ["A gap is unknown."], "as_of": "2026-05-01T22:00:00Z"}
    structured = answer | {"by": by, "counter": "likes", "lines": list(lines)} | more
    return {"content": [{"type": "text", "text": "all in words"}], "structuredContent": structured}


def line(name: str, *points: tuple[float | str, int | None], marks: Any = ()) -> dict[str, Any]:
    return {"name": name, "points": [list(one) for one in points], "marks": [list(one) for one in marks], "left_out": 0}


BROKEN = line("post 77", (0, 3), (2, 40), (5, None), (9, 55), (30, 70), marks=[(9, "fall")])
OTHER = line(STRANGE, (1, 9), (2, 20), (50, 66))
LOOK = """
const say = (id) => inside.getElementById(id).textContent;
const all = (what) => inside.querySelectorAll(what).length;
const style = (one) => inside.defaultView.getComputedStyle(one);
const plot = inside.getElementById("plot"), Event = inside.defaultView.KeyboardEvent;
const values = () => [...inside.querySelectorAll("#key b")].map((one) => one.textContent);
const look = () => ({ cursor: say("cursor"), key: values() });
const found = {
  title: say("title"), summary: say("summary"), foot: say("foot"), names: say("key"), first: look(),
  lines: all("polyline"), holes: all("rect.hole"), signs: all("path.sign"), pictures: all("img"),
  ground: style(inside.body).backgroundColor, words: style(inside.body).color,
};
const box = plot.getBoundingClientRect();
const to = (x) => new inside.defaultView.PointerEvent("pointermove", { clientX: box.left + x, bubbles: true });
const press = (key) => plot.dispatchEvent(new Event("keydown", { key, bubbles: true }));
plot.dispatchEvent(to(box.width - 20));
found.pointed = look();
plot.dispatchEvent(new inside.defaultView.PointerEvent("pointerleave"));
press("ArrowRight"); found.right = look();
for (let step = 0; step < 3; step += 1) press("ArrowRight");
found.further = look();
return found;
"""


def looked(*lines: dict[str, Any], theme: str = "light", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = Hosted(result(*lines, **more), theme=theme, probe=LOOK).told()["found"]
    return found


async def test_a_host_is_given_the_page_and_told_which_tool_it_belongs_to() -> None:
    async with Client(build(Runtime(Settings(_env_file=None)))) as client:
        [page] = (await client.read_resource(CHART)).contents
        tools = {tool.name: tool.meta for tool in (await client.list_tools()).tools}
    assert isinstance(page, TextResourceContents)
    assert page.mime_type == "text/html;profile=mcp-app"
    assert page.text == view()
    assert {name: meta for name, meta in tools.items() if meta} == {"chart_engagement": {"ui": {"resourceUri": CHART}}}


def test_the_page_loads_nothing_and_runs_no_text_as_code() -> None:
    page = view()
    assert set(re.findall(r"https?://[^\s\"']+", page)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page
    assert not re.search(r"innerHTML|insertAdjacentHTML|\beval\(|new Function|document\.write|\bimport\b|fetch\(", page)


@in_chromium
@pytest.mark.slow
def test_lines_are_drawn_and_their_values_told_where_one_points() -> None:
    found = looked(BROKEN, OTHER)
    assert (found["title"], found["summary"]) == ("Likes by age", "Post 77 went from 3 to 70.")
    assert found["foot"] == "A gap is unknown. ▽: a fall, confirmed. As of 2026-05-01T22:00:00Z."
    assert (found["lines"], found["signs"], found["holes"]) == (3, 1, 0)
    assert found["names"] == f"post 7770{STRANGE}66"
    assert found["pictures"] == 0
    assert found["first"] == {"cursor": "Latest; point at the lines, or use the arrow keys.", "key": ["70", "66"]}
    assert found["pointed"] == {"cursor": "At an age of 50 h", "key": ["not observed", "66"]}
    assert found["right"] == {"cursor": "At an age of 0 h", "key": ["3", "not observed"]}
    assert found["further"]["cursor"] == "At an age of 9 h"
    assert (found["ground"], found["words"]) == ("rgb(247, 247, 244)", "rgb(35, 38, 43)")


@in_chromium
@pytest.mark.slow
def test_one_line_in_time_shows_what_was_not_observed_and_follows_a_dark_host() -> None:
    start = "2026-05-01T12:00Z"
    points = ((start, 4), ("2026-05-01T14:00Z", 19), ("2026-05-01T18:00Z", None), ("2026-05-01T22:00Z", 1_029))
    found = looked(line("post 77", *points), by="time", theme="dark")
    assert (found["lines"], found["holes"]) == (2, 1)
    assert found["right"] == {"cursor": "May 1, 12:00 UTC", "key": ["4"]}
    assert found["further"] == {"cursor": "May 1, 22:00 UTC", "key": ["1,029"]}
    assert (found["ground"], found["words"]) == ("rgb(31, 33, 36)", "rgb(236, 238, 240)")


@in_chromium
@pytest.mark.slow
def test_effects_are_drawn_as_a_dot_and_a_bar_each() -> None:
    probe = """
    const say = (id) => inside.getElementById(id).textContent;
    const dot = (one) => [+one.getAttribute("cx"), one.getAttribute("fill")];
    const dots = [...inside.querySelectorAll("circle.ratio")].map(dot);
    const texts = [...inside.querySelectorAll("#plot text")].map((one) => one.firstChild.textContent);
    return { dots, texts, title: say("title"), foot: say("foot") };
    """
    steps = {"what": "steps", "contrast": "a doubling", "ratio": 1.3, "low": 1.2, "high": 1.4, "verdict": "more"}
    less = steps | {"what": STRANGE, "ratio": 0.7, "low": 0.4, "high": 1.1, "verdict": "cannot tell"}
    none = {"what": "hires", "contrast": "with, not without", "verdict": "too few", "others": [1.2, 1.1, 1.3]}
    found = Hosted(result(by="effect", effects=[steps, less, none]), theme="light", probe=probe).told()["found"]
    assert found["title"] == "What goes with reactions"
    assert [fill for _, fill in found["dots"]] == ["var(--line0)", "var(--card)", "var(--line1)"]
    assert found["dots"][0][0] > found["dots"][2][0] > found["dots"][1][0]
    assert {"steps", STRANGE, "hires", "x1"} <= set(found["texts"])
    assert found["foot"].startswith("A gap is unknown.")


@in_chromium
@pytest.mark.slow
def test_in_the_sandbox_of_a_host_it_greets_listens_and_says_its_size() -> None:
    heard = Hosted(result(BROKEN), is_apart=True).told()["heard"]
    assert [one["method"] for one in heard] == [
        "ui/initialize",
        "ui/notifications/initialized",
        "ui/notifications/size-changed",
    ]
    assert heard[-1]["params"]["height"] > 300


@in_chromium
@pytest.mark.slow
def test_nothing_observed_is_said() -> None:
    probe = 'return inside.getElementById("plot").textContent + inside.getElementById("key").textContent;'
    assert Hosted(result(line("post 77")), probe=probe).told()["found"] == "Nothing was observed.post 77not observed"
