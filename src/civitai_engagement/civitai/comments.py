"""Comments by the route that Civitai opens to a user's own key: what is asked, and what comes back."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import unescape
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from civitai_engagement.civitai.exchange import NO_JSON, JsonAnswer
from civitai_engagement.errors import UpstreamBusy, UpstreamDown
from civitai_engagement.records.comments import Comment, CommentThread

PATH = "/api/trpc/commentv2.getInfinite"
MOST = 100
Where = Literal["image", "post"]
_STICKER = re.compile(r"<(?:img|sticker)\b[^>]*>", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|/p|/li|/div)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


class _User(BaseModel):
    id: int


class _Comment(BaseModel):
    id: int
    content: str = ""
    created_at: AwareDatetime = Field(alias="createdAt")
    hidden: bool | None = None
    violates: bool | None = Field(None, alias="tosViolation")
    reaction_count: int | None = Field(None, alias="reactionCount")
    reactions: Sequence[object] = ()
    user: _User | None = None


class _Page(BaseModel):
    comments: list[_Comment]
    next_cursor: object = Field(None, alias="nextCursor")


class _Data(BaseModel):
    page: _Page | None = Field(alias="json")


class _Result(BaseModel):
    data: _Data


class _Envelope(BaseModel):
    result: _Result


def asking(where: Where, number: int) -> Mapping[str, str]:
    """Ask for the newest comments under an image or a post."""
    wanted = {"entityType": where, "entityId": number, "limit": MOST, "sort": "Newest"}
    return {"input": json.dumps({"json": wanted}, separators=(",", ":"))}


def is_closed(error: UpstreamDown) -> bool:
    """Say whether a page came instead of data: an edge that does not let the key through, not a fault that passes."""
    return str(error) == NO_JSON or (isinstance(error, UpstreamBusy) and error.retry_after is None)


def read_thread(answer: JsonAnswer) -> CommentThread:
    """Read an answer; no thread is a thread without comments."""
    try:
        page = _Envelope.model_validate(answer.body).result.data.page
    except ValidationError as error:
        raise UpstreamDown("Civitai answered with comments of another shape than expected.") from error
    return _thread(page or _Page.model_validate({"comments": []}), answer.as_of)


def _thread(page: _Page, as_of: datetime) -> CommentThread:
    shown = [one for one in page.comments if not one.hidden and not one.violates]
    newest = sorted(shown, key=lambda one: (one.created_at, one.id), reverse=True)
    return CommentThread(
        comments=tuple(map(_comment, newest)),
        authors=len({one.user.id for one in shown if one.user}),
        hidden=len(page.comments) - len(shown),
        is_complete=page.next_cursor is None,
        as_of=as_of,
    )


def _comment(one: _Comment) -> Comment:
    reactions = len(one.reactions) if one.reaction_count is None else one.reaction_count
    return Comment(one.id, one.created_at, reactions, _bare(one.content))


def _bare(content: str) -> str:
    """Take the markup out; a sticker is told as one."""
    parted = _BREAK.sub(" ", _STICKER.sub(" [sticker] ", content))
    return " ".join(unescape(_TAG.sub("", parted)).split())
