"""Answers in the form Civitai, or the edge in front of it, gives them."""

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from starlette.responses import Response

PUBLIC = {
    "Cache-Control": "public, s-maxage=300, stale-while-revalidate=150",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Allow-Methods": "GET",
    "X-Handled-By": "sandbox-0",
}
PAUSE = {"Cache-Control": "no-store", "Retry-After": "2"}

EDGE_PAGE = """<!DOCTYPE html>
<html lang="en-US"><head><title>{title}</title></head>
<body><div id="cf-wrapper"><h1>{title}</h1><p>Error {code}</p></div></body></html>
"""
NEXT_PAGE = """<!DOCTYPE html><html lang="en"><head><title>Civitai</title></head><body><div id="__next"><h1>404</h1>
<p>The page you are looking for doesn&#x27;t exist</p></div>
<script id="__NEXT_DATA__" type="application/json">{"props":{},"page":"/404","query":{}}</script></body></html>
"""


def api_answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON as Civitai's own server sends it, with the headers it puts on every status."""
    content = js_bytes(body)
    tagged = {"ETag": f'W/"{zlib.crc32(content):x}-{len(content):x}"'}
    return Response(content, status, {**PUBLIC, **tagged, **(headers or {})}, "application/json; charset=utf-8")


def http_date(at: datetime) -> str:
    """An instant as the header `Date` tells it."""
    return format_datetime(at.astimezone(UTC), usegmt=True)


def busy(message: str, *, code: str | None = None) -> Response:
    """A 503 that asks for a pause."""
    return api_answer({"error": message} | ({"code": code} if code else {}), 503, PAUSE)


def wrong_method() -> Response:
    return api_answer({"error": "Method not allowed"}, 405)


def edge_page(status: int, title: str, *, code: int | None = None) -> Response:
    """An HTML page of the network in front of Civitai."""
    page = EDGE_PAGE.format(title=title, code=code or status)
    return Response(page, status, {"Server": "cloudflare", "CF-RAY": "0123456789abcdef-SBX"}, "text/html")


def no_such_route() -> Response:
    """What answers a path that does not exist: the site's own page."""
    return Response(NEXT_PAGE, 404, {"X-Powered-By": "Next.js"}, "text/html")


def js_bytes(body: object) -> bytes:
    """JSON as JavaScript writes it: no spaces, and lone surrogates escaped."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")


def body_of(response: Response) -> dict[str, Any]:
    """The JSON of an answer, to be reshaped."""
    body: dict[str, Any] = json.loads(bytes(response.body))
    return body
