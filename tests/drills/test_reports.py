"""The page tells what each drill saw last, and nothing else on it changes."""

from datetime import date

import pytest

from tests.drills.reports import BEGIN, END, PAGE, Reports


def test_figures_take_the_place_of_those_before(capsys: pytest.CaptureFixture[str]) -> None:
    reports = Reports()
    reports.tell("Soak", looks_lost=1194, rows={"first": 643, "fall": 9}, by=["a", "b"], reached="99 %")
    assert capsys.readouterr().out == "\nSoak. looks lost: 1,194; rows: first 643, fall 9; by: a, b; reached: 99 %\n"
    old = "### Kill\n\nPrinted before.\n\n| killed | 50 |\n\n### Soak\n\nold \\1\n\n"
    page = reports.on_page(f"before\n\n{BEGIN}\n{old}{END}\nafter\n", date(2026, 5, 1))
    assert page.startswith(
        f"before\n\n{BEGIN}\n\n### Kill\n\nPrinted before.\n\n| killed | 50 |\n\n### Soak\n\nPrinted by"
    )
    assert "Printed by `make drills` on 01 May 2026: " in page
    assert "\n\n| figure | value |\n| --- | --- |\n| looks lost | 1,194 |\n" in page
    assert "old" not in page
    assert page.endswith(f"{END}\nafter\n")
    assert reports.on_page(page, date(2026, 5, 1)) == page


def test_the_page_has_the_place_for_them() -> None:
    assert PAGE.read_text().index(BEGIN) < PAGE.read_text().index(END)
