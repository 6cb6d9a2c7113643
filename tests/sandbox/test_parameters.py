import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from civitai_engagement.sandbox.parameters import Query, read_query
from civitai_engagement.sandbox.zod import error_body

RECORDED = Path(__file__).resolve().parents[2] / ".." / "shared" / "civitai-samples" / "images-validation-cases.json"


def pairs_of(query: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, value) for name, values in query.items() for value in (values if isinstance(values, list) else [values])
    ]


def parsed(query: Query) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, value in asdict(query).items():
        head, *tail = name.split("_")
        if value is not None:
            named[head + "".join(map(str.capitalize, tail))] = list(value) if isinstance(value, tuple) else value
    return named


@pytest.mark.skipif(not RECORDED.exists(), reason="the computed cases are not on this machine")
def test_every_computed_query_is_parsed_or_refused_exactly_as_civitai_does() -> None:
    for case in json.loads(RECORDED.read_text()):
        query, issues = read_query(pairs_of(case["query"]))
        if case["valid"]:
            assert not issues, case["query"]
            assert parsed(query) == case["parsed"], case["query"]
        else:
            body = json.dumps(error_body(issues), separators=(",", ":"), ensure_ascii=False)
            assert body == case["body"], case["query"]
