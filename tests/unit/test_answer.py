"""Words and bounds of answers."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civitai_engagement.answers.answer import TEXT_BYTES, Answer, clean, count, fit, oldest, row, shown, spoken, utc

NOON = datetime(2026, 5, 1, 12, 0, 59, tzinfo=UTC)


class Long(Answer):
    rows: list[str]

    def _lines(self) -> list[str]:
        return self.rows


def test_instants_are_written_in_utc_whatever_zone_they_come_in() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert (utc(there), spoken(there)) == ("2026-05-01T12:00:59Z", "2026-05-01 12:00 UTC")
    assert utc(None) is None


def test_the_oldest_of_instants_passes_over_unknown_ones() -> None:
    assert oldest([None, NOON, NOON - timedelta(hours=1)]) == NOON - timedelta(hours=1)
    assert oldest([None]) is None


@pytest.mark.parametrize(("number", "said"), [(0, "0 posts"), (1, "1 post"), (2000, "2,000 posts")])
def test_a_count_is_said_with_its_thing(number: int, said: str) -> None:
    assert count(number, "post") == said
    assert count(2, "media", "media") == "2 media"


@pytest.mark.parametrize(
    ("words", "cleaned"),
    [
        (None, None),
        ("", ""),
        ("a  b\n\tc\r\nd", "a b c d"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("a\u2028no: b\u2029c\x85d\x0be", "a no: b cde"),
        ("abc\u202ed\u200be\ufefff", "abcdef"),
        ("a\U000e0041\U000e0042b", "ab"),
        *(
            (f"a{unseen}b", "ab")
            for unseen in "\u061c\u2060\u2064\u206a\u206f\xad\u180e\u034f\u115f\u3164\U000e0100\U000e01ef"
        ),
        *((f"a{unseen}b", "ab") for unseen in "\u1160\uffa0\u17b4\ufe00\u2800\ufff9\ud83d\U0001d173"),
        ("❤\ufe0f a\u200db", "❤\ufe0f a\u200db"),
        *((f"a{chr(unseen)}b", "ab") for unseen in (*range(0xFFF0, 0xFFFC), 0xFDD0, 0xFFFE, 0x10FFFF)),
        *((f"a{run}b", f"a{run[0]}b") for run in ("\u200c" * 9, "\u200d" * 2, "\u200d\u200c" * 4, "\ufe0f" * 3)),
        ("\u200d\u200c \u200da\u200d", "a\u200d"),
        ("\u200d\ufe0f", ""),
        ("🏳\ufe0f\u200d🌈 👁\ufe0f\u200d🗨\ufe0f", "🏳\ufe0f\u200d🌈 👁\ufe0f\u200d🗨\ufe0f"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("x" * 20, "x" * 10 + "…"),
        ("x" * 10, "x" * 10),
        ("日本語 👩‍👩‍👧", "日本語 👩‍👩‍👧"),
    ],
)
def test_a_stranger_s_words_are_made_one_plain_line(words: str | None, cleaned: str | None) -> None:
    assert clean(words, 11) == cleaned


@given(st.text())
def test_no_words_can_end_a_cell_or_a_row(words: str) -> None:
    line = row(1, words, None)
    assert line.count("|") == 2
    assert len(line.splitlines()) == 1
    assert {"Cc", "Zl", "Zp"}.isdisjoint(map(unicodedata.category, line))


@given(st.text(), st.integers(1, 50))
def test_words_are_never_longer_than_their_limit(words: str, limit: int) -> None:
    assert len(clean(words, limit) or "") <= limit


@pytest.mark.parametrize(("value", "cell"), [(None, "?"), (0, "0"), ("a|b", "a/b"), ("", ""), (2.5, "2.5")])
def test_a_cell_is_never_empty_by_being_unknown(value: object, cell: str) -> None:
    assert shown(value) == cell


def test_lines_fit_into_a_budget_of_bytes() -> None:
    assert fit(["ab", "é", "c"], 6) == ["ab", "é"]
    assert fit(["ab"], 2) == []


@given(st.lists(st.text(max_size=900), max_size=60))
def test_no_text_is_longer_than_its_bound_and_what_is_left_out_is_counted(rows: list[str]) -> None:
    text = Long(summary="all", rows=[clean(one, 900) or "" for one in rows], notes=["a", "b"]).as_text()
    assert len(text.encode()) <= TEXT_BYTES
    assert text.startswith("all")
    assert text.endswith("note: a\nnote: b")


def test_what_does_not_fit_is_counted() -> None:
    text = Long(summary="all", rows=["x" * 999] * 25).as_text()
    kept = text.count("x" * 999)
    assert f"({25 - kept} more lines do not fit: ask with a smaller limit)" in text
    assert 0 < kept < 25
