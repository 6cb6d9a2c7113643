"""`rate`, `compare`, `summary` and `hours` at a terminal."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from civitai_engagement.cli.telling import AsJson, Output, tell

if TYPE_CHECKING:  # a command loads what it needs
    from rich.table import Table

    from civitai_engagement.answers.insight.compared_posts import ComparedPosts
    from civitai_engagement.answers.insight.peak_hours import PeakHours
    from civitai_engagement.answers.insight.rating_shape import PostRating
    from civitai_engagement.answers.insight.summary_shape import CreatorSummary
    from civitai_engagement.runtime import Runtime

app = typer.Typer()
TimeZone = Annotated[str, typer.Option("--zone", help="An IANA time zone, such as Europe/Berlin.")]


class PeriodName(StrEnum):
    """So many whole days before today."""

    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"


@app.command()
def rate(
    post: Annotated[str, typer.Argument(help="A post: its id, its URL, or latest.")],
    *,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Set a post against its creator's other posts at the same age."""
    from civitai_engagement.answers.insight.post_rating import rate_post
    from civitai_engagement.inputs.named import post_of

    async def ask(runtime: "Runtime") -> "PostRating":
        return await rate_post(runtime, await post_of(runtime, post))

    tell(ask, _rating, as_json=as_json, output=output)


@app.command()
def compare(
    posts: Annotated[list[str], typer.Argument(help="2 to 20 posts: ids, URLs or 'latest 5'.")],
    *,
    at_age: Annotated[str, typer.Option("--at-age", help="The age to compare at: 90min, 24h, 7d, 2w.")] = "24h",
    are_images: Annotated[bool, typer.Option("--images", help="They are images, not posts.")] = False,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Show posts side by side at equal age."""
    from civitai_engagement.answers.insight.compared_posts import compared_posts
    from civitai_engagement.inputs.comparisons import comparison_of
    from civitai_engagement.inputs.named import spelled_out

    async def ask(runtime: "Runtime") -> "ComparedPosts":
        named = ([], posts) if are_images else (await spelled_out(runtime, posts), [])
        return await compared_posts(runtime, comparison_of(*named, at_age, runtime.settings.civitai_host))

    tell(ask, _comparison, as_json=as_json, output=output)


@app.command()
def summary(
    creator: Annotated[
        str, typer.Argument(help="A creator: name, profile URL or @me, which it is if not said.")
    ] = "@me",
    *,
    period: Annotated[PeriodName, typer.Option(help="Whole days, set against as many before.")] = PeriodName.MONTH,
    zone: TimeZone = "UTC",
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Sum up a creator: totals, what is typical and best, of what it is made, and a period against the last."""
    from civitai_engagement.answers.insight.creator_summary import creator_summary
    from civitai_engagement.answers.insight.summary_shape import SummaryOptions
    from civitai_engagement.inputs.named import creator_of
    from civitai_engagement.inputs.times import zone_of

    span = SummaryOptions(int(period.removesuffix("d")), zone_of(zone))

    async def ask(runtime: "Runtime") -> "CreatorSummary":
        return await creator_summary(runtime, await creator_of(runtime, creator), span)

    tell(ask, _summary, as_json=as_json, output=output)


@app.command()
def hours(
    creator: Annotated[str, typer.Argument(help="A creator: name, profile URL or @me; else all posts followed.")] = "",
    *,
    zone: TimeZone = "UTC",
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Show when reactions arrive and which posting hours did better, where that beats chance."""
    from civitai_engagement.answers.insight.peak_hours import find_peak_hours
    from civitai_engagement.inputs.named import creator_or_all
    from civitai_engagement.inputs.times import zone_of

    there = zone_of(zone)

    async def ask(runtime: "Runtime") -> "PeakHours":
        return await find_peak_hours(runtime, await creator_or_all(runtime, creator), there)

    tell(ask, _hours, as_json=as_json, output=output)


def _rating(answer: "PostRating") -> "Table":
    from civitai_engagement.cli.tables import cell, table

    numbers = ("count", "times typical", "typical", "others", "beaten")
    made = table("at", "count", "times typical", "95 %", *numbers[2:], "against", numbers=frozenset(numbers))
    for one in answer.by_age:
        between = "" if one.ratio is None else f"{cell(one.low)} to {cell(one.high)}"
        compared = map(cell, (one.typical, one.n, one.beaten))
        made.add_row(one.age, *map(cell, (one.count, one.ratio)), between, *compared, one.against)
    return made


def _comparison(answer: "ComparedPosts") -> "Table":
    from civitai_engagement.cli.tables import cell, table

    numbers = (*answer.ages, "total", "half-life")
    made = table("id", "creator", "seen to", *numbers, "growth", numbers=frozenset(numbers))
    for one in answer.compared:
        half = f"{one.half_life[0]:g} h" if one.half_life else "?"
        counts = (cell(each) for each in (*one.counts, one.total))
        made.add_row(one.id, one.creator or "?", one.seen_to or "never", *counts, half, one.shape or "?")
    return made


def _summary(answer: "CreatorSummary") -> "Table":
    from civitai_engagement.answers.insight.periods import observed
    from civitai_engagement.cli.tables import cell, table

    made = table("what", "value")
    for name, value in answer.facts().items():
        made.add_row(name, value)
    for share in (*answer.by_type, *answer.by_base_model):
        part = "" if share.share is None else f" ({share.share:.0%})"
        typical = "" if share.median is None else f"; median at {share.at_age} {share.words}"
        made.add_row(share.name, f"{cell(share.total)}{part} of {share.media:,} media{typical}")
    for one in answer.periods:
        days = f"{one.start} until {one.end}"
        made.add_row(days, f"gained {cell(one.gain)} ({observed(one)})")
    return made


def _hours(answer: "PeakHours") -> "Table":
    from civitai_engagement.cli.tables import table

    made = table(f"hour ({answer.time_zone})", "arrivals", "95 %", "posting", "95 %")
    for one in answer.hours:
        made.add_row(one.begins, *_figure(one.arrivals), *_figure(one.posting))
    return made


def _figure(figure: list[float] | None) -> tuple[str, str]:
    return ("?", "") if figure is None else (f"{figure[0]:.2f}", f"{figure[1]:.2f} to {figure[2]:.2f}")
