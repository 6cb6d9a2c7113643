"""The log: one line a record, and no secret in it."""

import json
import logging
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from civitai_engagement.log import MASK, LogLines, configure, scrub, secrets_of

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=("Cc", "Cs")), min_size=4)
PLAIN = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~", min_size=6)


@pytest.fixture
def as_before() -> Iterator[None]:
    """Leave the root logger as it was found."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "us", "levelname": "INFO", "msg": message, "created": 0.5})
    vars(made).update(extra)
    return made


@given(secret=WORDS, before=st.text(), after=st.text(), style=st.sampled_from(["text", "json"]))
def test_a_secret_we_know_is_never_written(secret: str, before: str, after: str, style: str) -> None:
    assume(secret not in MASK)
    assume(all(secret not in LogLines(style=style).format(record(one, field=one)) for one in (before, after, "")))
    line = LogLines(style=style, secrets=[secret]).format(
        record(f"{before}{secret}{after}", field=f"{before}{secret}{after}")
    )
    found = json.loads(line) if style == "json" else {"event": line, "field": line}
    assert secret not in found["event"].replace(MASK, "")
    assert secret not in found["field"].replace(MASK, "")
    assert MASK in line


@pytest.mark.parametrize(
    "form",
    [
        "GET /api/v1/images?token={}&limit=1",
        "{{'api_key': '{}'}}",
        '{{"password": "{}"}}',
        "Authorization: Bearer {}",
        "postgresql://user:{}@db.example/name",
        "SECRET={}",
    ],
)
@given(secret=PLAIN)
def test_what_looks_like_a_secret_is_never_written(form: str, secret: str) -> None:
    assert scrub(form.format(secret)) == form.format(MASK)


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_field_named_like_a_secret_is_masked_and_a_number_is_not(style: str) -> None:
    line = LogLines(style=style).format(record("asked", api_key="two words", tokens=12))
    assert "two" not in line
    assert "words" not in line
    assert "12" in line


@pytest.mark.parametrize("password", ["hush", "hu#sh", "hu/sh@", "hu%23sh"])
def test_the_password_of_a_url_is_a_secret_also_alone(password: str) -> None:
    secrets = list(secrets_of(f"postgresql://me:{password}@db.example/x"))
    assert scrub(f"me, {password}, {unquote(password)}", secrets) == f"me, {MASK}, {MASK}"


def test_a_url_without_a_password_has_no_more_secrets_than_itself() -> None:
    assert list(secrets_of("postgresql://db.example/x")) == ["postgresql://db.example/x"]


def test_a_secret_inside_another_leaves_nothing_of_the_longer() -> None:
    assert scrub("key abcdef", ["abc", "abcdef"]) == f"key {MASK}"


def test_no_secret_is_no_reason_to_mask() -> None:
    assert scrub("plain words: 12", ["", "x"]) == "plain words: 12"


def test_a_line_of_text_carries_its_fields() -> None:
    assert LogLines(style="text").format(record("page read", post_id=7)) == (
        "1970-01-01T00:00:00Z INFO    us page read post_id=7"
    )


@pytest.mark.parametrize("words", ["a\nWARNING b", "a\r\nb", "a\x1b[31mb", "a\x85b", "a\u2028b", "a\x00b"])
def test_a_stranger_s_words_begin_no_line_of_the_log_and_colour_none(words: str) -> None:
    line = LogLines(style="text").format(record(f"no session {words}", said=words))
    assert len(line.splitlines()) == 1
    assert line.isprintable()


def test_a_traceback_has_lines_and_no_colours() -> None:
    error = ValueError("a\x1b[31m\nb")
    line = LogLines(style="text").format(record("failed", exc_info=(ValueError, error, None)))
    assert line.splitlines()[-2:] == ["ValueError: a\\x1b[31m", "b"]


def test_a_line_of_json_carries_its_fields_and_what_json_cannot_hold_as_text() -> None:
    told = json.loads(LogLines(style="json").format(record("page read", post_id=7, odd={1})))
    assert told == {
        "at": "1970-01-01T00:00:00.500+00:00",
        "level": "info",
        "logger": "us",
        "event": "page read",
        "post_id": 7,
        "odd": "{1}",
    }


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_traceback_is_written_without_secrets(style: str) -> None:
    try:
        int("token=hush")
    except ValueError as error:
        failed = record("failed", exc_info=(type(error), error, error.__traceback__))
    line = LogLines(style=style).format(failed)
    assert f"ValueError: invalid literal for int() with base 10: 'token={MASK}'" in line
    assert "Traceback" in (json.loads(line)["traceback"] if style == "json" else line)


def test_configuring_sends_lines_to_standard_error_and_quiets_the_chatty(
    as_before: None, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(level="info", style="text", secrets=["sk-1"])
    logging.getLogger("ours").info("key sk-1")
    logging.getLogger("httpx").info("chatter")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith(f"INFO    ours key {MASK}\n")
