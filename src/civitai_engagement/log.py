"""The log: structured lines on standard error, with secrets taken out before they are written.

>>> configure(level="INFO", style="json", secrets=["sk-123"])
>>> logging.getLogger(__name__).info("page read", extra={"post_id": 7, "requests": 1})
"""

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from civitai_engagement.errors import BadSetup

MOST_BYTES = 2_000_000
MASK = "[secret]"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_SECRET_NAME = re.compile(r"(?i)token|api_?key|password|secret")
_PATTERNS = (
    re.compile(r"(?i)((?:token|api_?key|password|secret)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',;}]+"),
    re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+"),
    re.compile(r"(?i)(session[^\n]{0,40}?)[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}"),  # who knows it may use it
    re.compile(r"(\w+://[^\s:/@]*:)[^\s@/]+(?=@)"),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # a stranger's words begin no line, and colour none
_CONTROL_BUT_BREAK = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_PASSWORD = re.compile(r"[\w+.-]+://[^\s:/@]*:(.+)@")


def configure(*, level: str, style: str, secrets: Iterable[str] = (), file: Path | None = None) -> None:
    """Send every logger's lines to standard error or a file; called once, before anything else configures logging."""
    handler = _to(file) if file else logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLines(style=style, secrets=secrets))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "alembic", "mcp.server.lowlevel"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))


def _to(file: Path) -> logging.Handler:
    """Write to a file that never grows big: the one before it is kept."""
    from logging.handlers import RotatingFileHandler

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return RotatingFileHandler(file, maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        raise BadSetup(f"The log {file} cannot be written: {error.strerror}.", hint="Name another file.") from error


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask the given secrets, and whatever looks like one: tokens in queries, bearer headers, passwords in URLs,
    ids of sessions.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def secrets_of(url: str) -> Iterator[str]:
    """Give what is secret of a URL: all of it, and its password, as it is written and as it is meant."""
    yield url
    if found := _PASSWORD.match(url):
        yield from (found[1], unquote(found[1]))


class LogLines(logging.Formatter):
    """One line a record, as `key=value` text or as JSON; a traceback follows in text, is a field in JSON."""

    def __init__(self, *, style: str, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._json = style == "json"
        self._secrets = tuple(form for secret in secrets for form in (secret, repr(secret)[1:-1]))

    def format(self, record: logging.LogRecord) -> str:
        fields = {key: self._told(key, value) for key, value in _fields(record).items()}
        if record.exc_info:
            fields["traceback"] = self._scrub(self.formatException(record.exc_info))
        event = self._scrub(record.getMessage())
        return self._as_json(record, event, fields) if self._json else self._as_text(record, event, fields)

    def _as_json(self, record: logging.LogRecord, event: str, fields: dict[str, object]) -> str:
        head = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event,
        }
        return json.dumps(head | fields, ensure_ascii=False)

    def _as_text(self, record: logging.LogRecord, event: str, fields: dict[str, object]) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        trace = f"\n{_plain(_CONTROL_BUT_BREAK, fields.pop('traceback'))}" if "traceback" in fields else ""
        said = "".join(f" {key}={value!r}" for key, value in fields.items())
        return f"{at} {record.levelname:<7} {record.name} {_plain(_CONTROL, event)}{said}{trace}"

    def _told(self, key: str, value: object) -> object:
        if value is None or isinstance(value, int | float):
            return value
        return MASK if _SECRET_NAME.search(key) else self._scrub(str(value))

    def _scrub(self, text: str) -> str:
        return scrub(text, self._secrets)


def _plain(control: "re.Pattern[str]", text: object) -> str:
    return control.sub(lambda found: ascii(found[0])[1:-1], str(text))


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}
