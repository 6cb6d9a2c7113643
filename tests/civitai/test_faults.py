import json
from pathlib import Path
from typing import Any

import pytest

from civitai_engagement.civitai.faults import RawReply, fault, said
from civitai_engagement.errors import (
    EngagementError,
    NotFound,
    UpstreamBusy,
    UpstreamDown,
    UpstreamRefused,
    UpstreamUnbelievable,
)

CASES = Path(__file__).resolve().parents[2] / ".." / "shared" / "civitai-samples" / "images-validation-cases.json"
PAGE_CAP = {"error": "You've requested too many pages, please use cursors instead"}
REGION = {
    "error": "Access to this service is not available in your region due to legal restrictions.",
    "code": "REGION_BLOCKED",
}


def zod(*issues: dict[str, object]) -> dict[str, object]:
    return {"error": {"name": "ZodError", "message": json.dumps(issues, indent=2)}}


def as_json(status: int, document: object, retry_after: float | None = None) -> RawReply:
    return RawReply(status, is_json=True, document=document, retry_after=retry_after)


def as_page(status: int) -> RawReply:
    return RawReply(status, is_json=False)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (as_json(400, zod({"path": ["limit"], "message": "Too big"})), UpstreamRefused),
        (as_json(400, {"error": "Random sort requires a collectionId", "code": "BAD_REQUEST"}), UpstreamRefused),
        (as_page(400), UpstreamRefused),
        (as_json(401, {"error": "Unauthorized"}), UpstreamRefused),
        (as_json(403, {"error": "Forbidden"}), UpstreamRefused),
        (as_page(403), UpstreamBusy),
        (as_json(404, {"error": "User not found", "code": "NOT_FOUND"}), NotFound),
        (as_page(404), UpstreamRefused),
        (as_json(405, {"error": "Method not allowed"}), UpstreamRefused),
        (as_page(408), UpstreamDown),
        (as_json(429, PAGE_CAP), UpstreamRefused),
        (as_json(429, {"error": "Rate limit exceeded, please retry shortly."}), UpstreamBusy),
        (as_page(429), UpstreamBusy),
        (as_json(451, REGION), UpstreamRefused),
        (as_page(499), UpstreamDown),
        (as_json(500, {"error": "canceling statement due to statement timeout", "code": "57014"}), UpstreamDown),
        (as_json(500, {"error": "x is undefined"}), UpstreamDown),
        (as_json(503, {"error": "Server busy, please retry shortly."}, 2.0), UpstreamBusy),
        (as_json(503, {"message": "Image search is temporarily overloaded — please retry."}), UpstreamBusy),
        (as_page(503), UpstreamBusy),
        *((as_page(status), UpstreamDown) for status in (500, 502, 504, 520, 521, 522, 523, 524)),
        (as_page(304), UpstreamDown),
        (as_page(204), UpstreamDown),
    ],
)
def test_every_status_says_what_can_be_done(reply: RawReply, kind: type[EngagementError]) -> None:
    assert type(fault(reply)) is kind
    assert not isinstance(fault(reply), UpstreamUnbelievable)


def test_a_pause_asked_for_carries_its_seconds() -> None:
    error = fault(as_json(503, {"error": "Server busy, please retry shortly."}, 2.0))

    assert isinstance(error, UpstreamBusy)
    assert error.retry_after == 2.0
    assert error.message == "Civitai asks for a pause (503): Server busy, please retry shortly."


@pytest.mark.parametrize("reply", [as_json(429, PAGE_CAP), as_json(451, REGION), as_page(404), as_json(405, {})])
def test_a_refusal_keeps_its_status(reply: RawReply) -> None:
    error = fault(reply)

    assert isinstance(error, UpstreamRefused)
    assert error.status == reply.status


def test_a_blocked_region_is_said_in_plain_words() -> None:
    assert "region this computer is in" in fault(as_json(451, REGION)).message


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            zod({"path": ["limit"], "message": "Too big: expected number to be <=200"}),
            "limit: Too big: expected number to be <=200",
        ),
        (
            zod({"path": ["limit"], "message": "Too big"}, {"path": ["tags", 1], "message": "Invalid input"}),
            "limit: Too big; tags.1: Invalid input",
        ),
        ([{"path": ["id"], "message": "Invalid"}], "id: Invalid"),
        ({"name": "ZodError", "message": '[{"path": [], "message": "Odd"}]'}, "Odd"),
        ({"error": "✖ Invalid input\n  → at id"}, "✖ Invalid input   → at id"),
        ({"message": "An unexpected error occurred", "error": ""}, "An unexpected error occurred"),
        ({"error": None, "message": "This cursor cannot be continued"}, "This cursor cannot be continued"),
        ({"error": {"code": 5}, "message": "m"}, "m"),
        ({"error": {"message": "[not json"}}, "[not json"),
        ({"error": {"message": "[]"}}, "[]"),
        ({"error": 5}, ""),
        ({}, ""),
        (None, ""),
        ("plain text", "plain text"),
        (["odd", {"message": "kept"}], "kept"),
        ({"message": '["a", 5]'}, '["a", 5]'),
    ],
)
def test_the_message_is_found_wherever_civitai_puts_it(document: object, message: str) -> None:
    assert said(document) == message


def test_a_long_message_is_cut_short() -> None:
    assert len(said({"error": "x" * 5_000})) == 300


def test_every_recorded_validation_error_is_told_by_field_and_reason() -> None:
    if not CASES.exists():
        pytest.skip("recorded samples are not here")
    cases: Any = json.loads(CASES.read_text())
    bodies = [case["body"] for case in (cases["cases"] if isinstance(cases, dict) else cases) if not case["valid"]]

    assert bodies
    for body in bodies:
        document = json.loads(body) if isinstance(body, str) else body
        issue = json.loads(document["error"]["message"])[0]
        told = said(document)
        assert told.startswith(f"{issue['path'][0]}")
        assert issue["message"][:100] in told.replace("  ", " ")
