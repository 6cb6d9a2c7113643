"""What an answer other than 200 means, by who can do something about it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from civitai_engagement.errors import EngagementError, NotFound, UpstreamBusy, UpstreamDown, UpstreamRefused

_SAID_CHARACTERS = 300
_PAGE_CAP = "too many pages"
_REFUSALS = {
    401: ("Civitai does not accept the API key for this.", "Check CIVITAI_API_KEY."),
    403: ("Civitai does not allow this.", "Check what CIVITAI_API_KEY may do."),
    404: ("Civitai has no such address.", "Check CIVITAI_BASE_URL."),
    451: ("Civitai may not serve the region this computer is in, for legal reasons.", "Nothing here can change that."),
}


@dataclass(frozen=True, slots=True)
class RawReply:
    """An answer as it came: `document` is its JSON, where it was JSON."""

    status: int
    is_json: bool
    document: object = None
    retry_after: float | None = None


def fault(reply: RawReply) -> EngagementError:
    """Turn an answer other than 200 into the error that says what can be done."""
    if _asks_for_a_pause(reply):
        return UpstreamBusy(_sentence(reply, "Civitai asks for a pause"), retry_after=reply.retry_after)
    if reply.status == 404 and reply.is_json:
        return NotFound(_sentence(reply, "Civitai does not have this, or hides it"))
    if 400 <= reply.status < 500 and reply.status not in {408, 499}:
        return _refusal(reply)
    return UpstreamDown(_sentence(reply, "Civitai has a fault of its own"), retry_after=reply.retry_after)


def said(document: object) -> str:
    """Read the message of an error body: `error` (text, object or list of issues), else `message`."""
    text = _said(document)
    shown = "".join(character if character.isprintable() else " " for character in text)
    return shown if len(shown) <= _SAID_CHARACTERS else f"{shown[: _SAID_CHARACTERS - 1]}…"


def _asks_for_a_pause(reply: RawReply) -> bool:
    match reply.status:
        case 503:
            return True
        case 429:
            return _PAGE_CAP not in said(reply.document)
        case 403:
            return not reply.is_json
        case _:
            return False


def _refusal(reply: RawReply) -> UpstreamRefused:
    sentence, hint = _REFUSALS.get(reply.status, ("", ""))
    message = sentence or _sentence(reply, "Civitai rejects this request")
    return UpstreamRefused(message, status=reply.status, hint=hint)


def _sentence(reply: RawReply, what: str) -> str:
    reason = said(reply.document)
    return f"{what} ({reply.status}): {reason}" if reason else f"{what} ({reply.status})."


def _said(document: object) -> str:
    if isinstance(document, str):
        return _issues_in(document)
    if isinstance(document, list):
        return "; ".join(_issues(document))
    if isinstance(document, dict):
        return _said(document.get("error")) or _said(document.get("message"))
    return ""


def _issues_in(text: str) -> str:
    """Unwrap a validation error, whose message is itself JSON text."""
    if not text.startswith("["):
        return text
    try:
        return "; ".join(_issues(json.loads(text))) or text
    except (ValueError, TypeError, RecursionError):
        return text


def _issues(issues: Iterable[object]) -> list[str]:
    return [_issue(issue) for issue in issues if isinstance(issue, dict)]


def _issue(issue: dict[str, object]) -> str:
    path = issue.get("path")
    where = ".".join(str(step) for step in path) if isinstance(path, list) else ""
    message = str(issue.get("message", ""))
    return f"{where}: {message}" if where else message
