"""The log: structured lines on standard error, with secrets taken out before they are written.

>>> configure(level="INFO", style="json", secrets=["sk-123"])
>>> logging.getLogger(__name__).info("page read", extra={"post_id": 7, "requests": 1})
"""

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

MASK = "[secret]"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PATTERNS = (
    re.compile(r"(?i)((?:token|api_?key|password|secret)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',;}]+"),
    re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+"),
    re.compile(r"(\w+://[^\s:/@]*:)[^\s@/]+(?=@)"),
)


def configure(*, level: str, style: str, secrets: Iterable[str] = ()) -> None:
    """Send every logger's lines to standard error; called once, before anything else configures logging."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(style=style, secrets=secrets))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "alembic", "mcp.server.lowlevel"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask the given secrets, and whatever looks like one: tokens in queries, bearer headers, passwords in URLs."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


class Lines(logging.Formatter):
    """One line a record, as `key=value` text or as JSON; a traceback follows in text, is a field in JSON."""

    def __init__(self, *, style: str, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._json = style == "json"
        self._secrets = tuple(secret for secret in secrets if secret)

    def format(self, record: logging.LogRecord) -> str:
        line = self._as_json(record) if self._json else self._as_text(record)
        return scrub(line, self._secrets)

    def _as_json(self, record: logging.LogRecord) -> str:
        head = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        trace = {"traceback": self.formatException(record.exc_info)} if record.exc_info else {}
        return json.dumps(head | _fields(record) | trace, default=str, ensure_ascii=False)

    def _as_text(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        fields = "".join(f" {key}={value!r}" for key, value in _fields(record).items())
        line = f"{at} {record.levelname:<7} {record.name} {record.getMessage()}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}
