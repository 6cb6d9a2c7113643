"""A column that is declared once reads everywhere."""

from typing import Annotated

from civitai_engagement.answers.columns import ColumnRow, Form, column
from civitai_engagement.answers.export.column import Column, ColumnType
from civitai_engagement.cli.tables import table_of


class Grown(ColumnRow):
    """A row of four columns."""

    id: Annotated[str, column("the post", lambda post: str(post["id"]), "id")]
    pace: Annotated[float | None, column("gain an hour", lambda post: post["pace"], "per hour")]
    ends: Annotated[
        list[float] | None, column("its interval", lambda _: [1.0, 2.5], parts={"low": "begins", "high": "ends"})
    ]
    remark: Annotated[str | None, column("doubts", lambda _: None, table=Form("remark", lambda one: one.remark or ""))]


ROWS = [Grown.of({"id": 7, "pace": 1234.5}), Grown.of({"id": 8, "pace": None})]


def test_a_column_is_made_of_what_was_measured() -> None:
    assert ROWS[0].model_dump() == {"id": "7", "pace": 1234.5, "ends": [1.0, 2.5], "remark": None}


def test_a_column_reads_in_text_under_its_head() -> None:
    assert [Grown.text_head(), *(one.text_line() for one in ROWS)] == ["id|per hour", "7|1,234", "8|-"]


def test_a_column_stands_in_the_table_and_unknown_is_a_question_mark() -> None:
    made = table_of(Grown, ROWS)
    assert [(str(one.header), one.justify, list(one.cells)) for one in made.columns] == [
        ("id", "left", ["7", "8"]),
        ("per hour", "right", ["1,234.5", "?"]),
        ("remark", "left", ["", ""]),
    ]


def test_a_list_is_several_columns_of_a_sheet() -> None:
    assert Grown.sheet_columns()[1:4] == [
        Column("pace", ColumnType.NUMBER, "gain an hour"),
        Column("low", ColumnType.NUMBER, "begins"),
        Column("high", ColumnType.NUMBER, "ends"),
    ]
    assert Grown.model_construct(id="9", pace=None, ends=None, remark=None).sheet_row() == {
        **dict.fromkeys(("pace", "low", "high", "remark")),
        "id": "9",
    }
