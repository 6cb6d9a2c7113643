"""Answers as tables for a person at a terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from civitai_engagement.answers.answer import Answer
from civitai_engagement.answers.columns import ColumnRow
from civitai_engagement.answers.now.media import totals_line
from civitai_engagement.answers.now.post_assets import PostAssets
from civitai_engagement.answers.operations.collection import CollectionStatus


def table(*columns: str, numbers: frozenset[str] = frozenset()) -> Table:
    made = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:
        made.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    return made


def cell(value: object) -> str:
    """Write a value for a person: unknown is `?`, thousands are parted by commas."""
    if value is None:
        return "?"
    return f"{value:,.10g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def table_of(row_type: type[ColumnRow], rows: Iterable[ColumnRow]) -> Table:
    """Draw rows as their columns are declared."""
    heads = row_type.table_heads()
    made = table(*heads, numbers=frozenset(name for name, is_number in heads.items() if is_number))
    for one in rows:
        made.add_row(*map(cell, one.table_cells()))
    return made


COUNTED = ("like", "heart", "laugh", "cry", "comment")


def show_post(answer: PostAssets) -> None:
    made = table("id", "type", *COUNTED, "size", "level", "created (UTC)", numbers=frozenset(COUNTED))
    for one in answer.assets:
        counted = [getattr(one.engagement_stats, name, None) for name in COUNTED]
        size = f"{one.dimensions.width or '?'}x{one.dimensions.height or '?'}"
        made.add_row(
            one.civitai_image_id, one.type, *map(cell, counted), size, cell(one.nsfw_level), cell(one.created_at)
        )
    _frame(answer, made if answer.assets else None, totals_line(answer.totals) if answer.total_count else "")


def show_status(answer: CollectionStatus) -> None:
    made = table("what", "value")
    for line in answer.problem_lines():
        made.add_row("problem", line)
    for name, value in answer.facts().items():
        made.add_row(name, value)
    _frame(answer, made, "")


def _frame(answer: Answer, made: Table | None, below: str) -> None:
    console = Console(highlight=False, markup=False)
    console.print(answer.summary, style="bold")
    if made is not None:
        console.print()
        console.print(made)
    for line in [below, *answer.notes]:
        if line:
            console.print(line, style="dim")
