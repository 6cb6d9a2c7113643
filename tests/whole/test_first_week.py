"""The page of the first week is what its command makes."""

from docs.first_week import PAGE, WEEK


def test_the_page_has_every_moment_with_the_call_that_answers_it_and_what_came_back() -> None:
    page = PAGE.read_text(encoding="utf-8")
    heads = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    assert heads == [moment.head for moment in WEEK]
    assert [moment.tool for moment in WEEK if f"`{moment.tool}(" not in page] == []
    assert page.count("```text") == len(WEEK)


def test_the_first_verdict_is_of_the_first_minute_and_says_against_what() -> None:
    begun, verdict = WEEK[:2]
    assert (begun.tool, verdict.tool, verdict.after) == ("watch_creator", "rate_post", begun.after)
    assert "settled totals" in PAGE.read_text(encoding="utf-8").split("## ")[2]
