import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from civitai_engagement.sandbox.parameters import Query, js_number, read_query
from civitai_engagement.sandbox.zod import error_body

COMPUTED = Path(__file__).resolve().parents[2] / ".." / "shared" / "civitai-samples" / "images-validation-cases.json"
SORTS = "Most Reactions|Most Comments|Most Collected|Newest|Oldest|Random"


def pairs_of(query: dict[str, Any]) -> list[tuple[str, str]]:
    several = ((name, values if isinstance(values, list) else [values]) for name, values in query.items())
    return [(name, value) for name, values in several for value in values]


def parsed(query: Query) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, value in asdict(query).items():
        head, *tail = name.split("_")
        if value is not None:
            named[head + "".join(map(str.capitalize, tail))] = list(value) if isinstance(value, tuple) else value
    return named


def issues_of(*pairs: tuple[str, str], ids_known: bool = False) -> list[dict[str, Any]]:
    return list(read_query(pairs, ids_known=ids_known)[1])


def good(*pairs: tuple[str, str], ids_known: bool = False) -> Query:
    query, issues = read_query(pairs, ids_known=ids_known)
    assert not issues
    return query


@pytest.mark.skipif(not COMPUTED.exists(), reason="the computed cases are not on this machine")
def test_every_computed_query_is_parsed_or_refused_exactly_as_civitai_does() -> None:
    for case in json.loads(COMPUTED.read_text()):
        query, issues = read_query(pairs_of(case["query"]))
        if case["valid"]:
            assert not issues, case["query"]
            assert parsed(query) == case["parsed"], case["query"]
        else:
            body = json.dumps(error_body(issues), separators=(",", ":"), ensure_ascii=False)
            assert body == case["body"], case["query"]


def test_the_body_of_a_refusal_holds_its_issues_as_indented_text() -> None:
    body = error_body(issues_of(("limit", "500")))
    assert body == {
        "error": {
            "name": "ZodError",
            "message": '[\n  {\n    "origin": "number",\n    "code": "too_big",\n    "maximum": 200,\n'
            '    "inclusive": true,\n    "path": [\n      "limit"\n    ],\n'
            '    "message": "Too big: expected number to be <=200"\n  }\n]',
        }
    }


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("limit", "-1", "Too small: expected number to be >=0"),
        ("limit", "201", "Too big: expected number to be <=200"),
        ("postId", "abc", "'abc' cannot be converted to a number"),
        ("postId", "Infinity", "Invalid input: expected number, received number"),
        ("sort", "newest", "Invalid option: expected one of " + "|".join(f'"{word}"' for word in SORTS.split("|"))),
        ("username", "a b", 'The "username" field can only contain letters, numbers, and _.'),
        ("browsingLevel", "x", "Invalid input: expected number, received NaN"),
        ("withMeta", "maybe", "Invalid input"),
        ("nsfw", "foo", "Invalid input"),
        ("nsfw", "", "Invalid input"),
    ],
)
def test_a_faulty_parameter_is_refused_in_the_words_of_civitai(name: str, value: str, said: str) -> None:
    (issue,) = issues_of((name, value))
    assert issue["message"] == said
    assert issue["path"] == [name]


def test_a_faulty_member_of_a_list_is_named_by_its_place() -> None:
    assert [issue["path"] for issue in issues_of(("tags", "1,a,2,b"))] == [["tags", 1], ["tags", 3]]
    assert issues_of(("baseModels", "Pony,Foo"))[0]["path"] == ["baseModels", 1]


@pytest.mark.parametrize(
    "name", ["postId", "limit", "page", "username", "sort", "nsfw", "browsingLevel", "withMeta", "cursor"]
)
def test_a_scalar_given_twice_is_refused(name: str) -> None:
    assert [issue["path"] for issue in issues_of((name, "1"), (name, "1"))] == [[name]]


def test_several_faults_are_told_in_the_order_of_the_schema() -> None:
    issues = issues_of(("withMeta", "maybe"), ("page", "x"), ("cursor", "a"), ("cursor", "b"), ("limit", "500"))
    assert [issue["path"] for issue in issues] == [["limit"], ["page"], ["cursor"], ["withMeta"]]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        (" 5 ", 5),
        ("1e2", 100),
        ("0x10", 16),
        ("0b11", 3),
        ("0o17", 15),
        ("12.5", 12.5),
        (".5", 0.5),
        ("-3", -3),
    ],
)
def test_numbers_are_read_as_javascript_reads_them(text: str, number: float) -> None:
    assert js_number(text) == number


@pytest.mark.parametrize("text", ["12abc", "1_000", "nan", "-0x10", "1,5", "\u0663"])
def test_what_javascript_cannot_read_is_no_number(text: str) -> None:
    assert math.isnan(js_number(text))


@pytest.mark.parametrize(
    ("pairs", "mask"),
    [
        ([], 1),
        ([("nsfw", "None")], 1),
        ([("nsfw", "false")], 1),
        ([("nsfw", "Blocked")], 1),
        ([("browsingLevel", "")], 1),
        ([("browsingLevel", "32")], 1),
        ([("nsfw", "Soft")], 3),
        ([("nsfw", "Mature")], 7),
        ([("nsfw", "X")], 31),
        ([("browsingLevel", "31")], 31),
        ([("browsingLevel", "63")], 31),
        ([("nsfw", "true")], 28),
        ([("nsfw", "X"), ("browsingLevel", "2")], 2),
    ],
)
def test_the_content_level_is_the_one_an_anonymous_caller_gets(pairs: list[tuple[str, str]], mask: int) -> None:
    assert good(*pairs).level_mask == mask


def test_the_limit_is_a_hundred_unless_it_is_said() -> None:
    assert good().limit == 100
    assert good(("limit", "")).limit == 0


def test_a_cursor_wins_over_a_page() -> None:
    assert good(("page", "2")).paged
    assert not good(("page", "2"), ("cursor", "5|1")).paged
    assert not good(("page", "0")).paged


def test_ids_are_unknown_until_they_are_switched_on() -> None:
    assert good(("ids", "1,x")).ids is None
    assert good(("ids", "1,2"), ids_known=True).ids == (1, 2)


def test_more_than_a_hundred_ids_are_refused() -> None:
    (issue,) = issues_of(("ids", ",".join(map(str, range(1, 102)))), ids_known=True)
    assert issue["message"] == "Too big: expected array to have <=100 items"
    assert issues_of(("ids", "1,x"), ids_known=True)[0]["path"] == ["ids", 1]
