import asyncio
import gzip
import json
import threading
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
import respx
from pydantic import SecretStr

from civitai_engagement import __version__
from civitai_engagement.civitai.exchange import Exchange, JsonAnswer
from civitai_engagement.civitai.unpacking import PIECE
from civitai_engagement.clock import ManualClock, SystemClock
from civitai_engagement.errors import NotFound, UpstreamBusy, UpstreamDown, UpstreamRefused
from civitai_engagement.settings import Settings

HTML = "<!DOCTYPE html><title>Just a moment…</title>"


@pytest.fixture
async def exchange(settings: Settings, clock: ManualClock, upstream: respx.MockRouter) -> AsyncIterator[Exchange]:
    opened = Exchange(settings, clock)
    yield opened
    await opened.aclose()


async def get(exchange: Exchange, most_bytes: int = 1024 * 1024, **query: str) -> JsonAnswer:
    return await exchange.get("/api/v1/images", query, most_bytes=most_bytes)


async def test_an_answer_is_json_with_the_time_it_came(
    exchange: Exchange, upstream: respx.MockRouter, clock: ManualClock
) -> None:
    upstream.get("/api/v1/images").respond(json={"items": []})

    answer = await get(exchange)

    assert answer == JsonAnswer({"items": []}, clock.now(), clock.now())


@pytest.mark.parametrize(("age", "seconds"), [("300", 300), (" 7 ", 7), ("0", 0)])
async def test_what_came_from_a_cache_is_as_old_as_it_says(
    exchange: Exchange, upstream: respx.MockRouter, clock: ManualClock, age: str, seconds: int
) -> None:
    upstream.get("/api/v1/images").respond(json={}, headers={"Age": age})

    answer = await get(exchange)

    assert (answer.as_of, answer.fetched_at) == (clock.now() - timedelta(seconds=seconds), clock.now())


@pytest.mark.parametrize(
    ("headers", "hours"),
    [
        ({}, None),
        ({"Age": "0"}, 2),
        ({"Age": "7"}, None),
        ({"Date": "yesterday"}, None),
    ],
)
async def test_the_machine_s_own_clock_is_held_against_answers_that_are_from_no_cache(
    settings: Settings, clock: ManualClock, upstream: respx.MockRouter, headers: dict[str, str], hours: int | None
) -> None:
    theirs = format_datetime(SystemClock().now() - timedelta(hours=2), usegmt=True)
    dated = {"Date": theirs} | headers if headers else {}
    upstream.get("/api/v1/images").respond(500, json={}, headers=dated)
    for one, right in ((SystemClock(), hours), (clock, None)):
        exchange = Exchange(settings, one)
        with pytest.raises(UpstreamDown):
            await get(exchange)
        ahead = exchange.clock_ahead
        assert (None if ahead is None else round(ahead / timedelta(hours=1))) == right
        await exchange.aclose()


@pytest.mark.parametrize("age", ["", "soon", "-5", "1.5", "9" * 30, "٣"])
async def test_an_age_that_is_no_number_is_ignored(
    exchange: Exchange, upstream: respx.MockRouter, clock: ManualClock, age: str
) -> None:
    upstream.get("/api/v1/images").respond(json={}, headers=[(b"Age", age.encode())])

    assert (await get(exchange)).as_of == clock.now()


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "application/problem+json", "APPLICATION/JSON"],
)
async def test_json_is_known_by_its_content_type(
    exchange: Exchange, upstream: respx.MockRouter, content_type: str
) -> None:
    upstream.get("/api/v1/images").respond(content=b"{}", headers={"Content-Type": content_type})

    assert (await get(exchange)).body == {}


@pytest.mark.parametrize("content_type", ["text/html", "text/plain; x=application/json", "application/jsonp", ""])
async def test_a_page_with_status_200_is_not_decoded(
    exchange: Exchange, upstream: respx.MockRouter, content_type: str
) -> None:
    upstream.get("/api/v1/images").respond(content=b"{}", headers={"Content-Type": content_type})

    with pytest.raises(UpstreamDown, match="other than whole JSON"):
        await get(exchange)


@pytest.mark.parametrize("body", [b'{"items": [', b"", b"\xff\xfe\xff", b"[" * 200_000, b"undefined"])
async def test_bad_json_is_a_fault_of_civitai(exchange: Exchange, upstream: respx.MockRouter, body: bytes) -> None:
    upstream.get("/api/v1/images").respond(content=body, headers={"Content-Type": "application/json"})

    with pytest.raises(UpstreamDown, match="other than whole JSON"):
        await get(exchange)


@pytest.mark.parametrize(
    ("status", "kind"), [(403, UpstreamBusy), (404, UpstreamRefused), (429, UpstreamBusy), (520, UpstreamDown)]
)
async def test_a_page_instead_of_an_error_body_is_told_by_its_status(
    exchange: Exchange, upstream: respx.MockRouter, status: int, kind: type[Exception]
) -> None:
    upstream.get("/api/v1/images").respond(status, html=HTML)

    with pytest.raises(kind) as raised:
        await get(exchange)
    assert "html" not in str(raised.value).lower()


async def test_an_error_body_of_bad_json_does_not_hide_its_status(
    exchange: Exchange, upstream: respx.MockRouter
) -> None:
    upstream.get("/api/v1/images").respond(503, content=b"{", headers={"Content-Type": "application/json"})

    with pytest.raises(UpstreamBusy):
        await get(exchange)


async def test_a_missing_thing_is_not_found(exchange: Exchange, upstream: respx.MockRouter) -> None:
    upstream.get("/api/v1/images").respond(404, json={"error": "User not found", "code": "NOT_FOUND"})

    with pytest.raises(NotFound, match="User not found"):
        await get(exchange)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("2", 2.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Fri, 01 May 2026 12:00:30 GMT", 30.0),
        ("Fri, 01 May 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("", None),
        ("1.2.3", None),
        ("9" * 400, None),
    ],
)
async def test_a_pause_is_read_in_seconds_or_as_a_date(
    exchange: Exchange, upstream: respx.MockRouter, header: str, seconds: float | None
) -> None:
    upstream.get("/api/v1/images").respond(503, json={"error": "busy"}, headers={"Retry-After": header})

    with pytest.raises(UpstreamBusy) as raised:
        await get(exchange)
    assert raised.value.retry_after == seconds


async def test_a_date_without_a_zone_is_no_pause(exchange: Exchange, upstream: respx.MockRouter) -> None:
    upstream.get("/api/v1/images").respond(503, json={}, headers={"Retry-After": "Fri, 01 May 2026 12:00:30 -0000"})

    with pytest.raises(UpstreamBusy) as raised:
        await get(exchange)
    assert raised.value.retry_after is None


async def test_no_more_of_a_body_is_read_than_is_wanted(settings: Settings, clock: ManualClock) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 1_000

    carrier = httpx.MockTransport(
        lambda request: httpx.Response(200, content=endless(), headers={"Content-Type": "application/json"})
    )
    exchange = Exchange(settings, clock, carrier)

    with pytest.raises(UpstreamDown, match="larger than 1 MiB"):
        await get(exchange)
    assert sent < 1_100
    await exchange.aclose()


async def test_a_small_body_that_unpacks_to_a_large_one_is_refused(
    exchange: Exchange, upstream: respx.MockRouter
) -> None:
    packed = gzip.compress(json.dumps("x" * 3_000_000).encode())
    upstream.get("/api/v1/images").respond(
        content=packed, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}
    )

    with pytest.raises(UpstreamDown, match="larger than 1 MiB"):
        await get(exchange)


async def streamed(
    settings: Settings, clock: ManualClock, body: bytes, encoding: str, status: int = 200, *, size: int = 16_384
) -> JsonAnswer:
    """What an answer comes to that comes in pieces, as over a socket."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    carrier = httpx.MockTransport(lambda request: httpx.Response(status, content=pieces(), headers=headers))
    exchange = Exchange(settings, clock, carrier)
    try:
        return await get(exchange)
    finally:
        await exchange.aclose()


def bare_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def in_members(body: bytes) -> bytes:
    """Pack as servers do that pack what they have and go on."""
    first = gzip.compress(body[:100])
    return first + b"".join(gzip.compress(body[start : start + 50_000]) for start in range(100, len(body), 50_000))


@pytest.mark.parametrize(
    ("pack", "encoding"),
    [
        (bytes, ""),
        (bytes, "identity"),
        (gzip.compress, "gzip"),
        (gzip.compress, " X-GZip, identity"),
        (zlib.compress, "deflate"),
        (bare_deflate, "deflate"),
        (in_members, "gzip"),
        (lambda body: in_members(body) + b"more", "gzip"),
    ],
)
async def test_an_answer_may_be_packed_once(
    settings: Settings, clock: ManualClock, pack: Callable[[bytes], bytes], encoding: str
) -> None:
    body = json.dumps({"text": "é" * 100_000}).encode()
    assert (await streamed(settings, clock, pack(body), encoding)).body == {"text": "é" * 100_000}


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, bare_deflate, in_members])
async def test_a_packed_answer_may_come_byte_by_byte(
    settings: Settings, clock: ManualClock, pack: Callable[[bytes], bytes], size: int
) -> None:
    body = json.dumps({"text": "é" * 100}).encode()
    encoding = "deflate" if pack in (zlib.compress, bare_deflate) else "gzip"
    assert (await streamed(settings, clock, pack(body), encoding, size=size)).body == {"text": "é" * 100}


@pytest.mark.parametrize("more", range(-12, 300, 24))
async def test_what_unpacks_to_a_little_more_than_a_piece_is_whole(
    settings: Settings, clock: ManualClock, more: int
) -> None:
    body = json.dumps("x" * (PIECE + more)).encode()
    assert (await streamed(settings, clock, bare_deflate(body), "deflate")).body == "x" * (PIECE + more)


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,deflate", "gzip gzip", "br", "zstd", "identity, gzip, br"])
async def test_an_answer_packed_twice_or_unasked_is_not_unpacked(
    settings: Settings, clock: ManualClock, encoding: str
) -> None:
    with pytest.raises(UpstreamDown, match="packed twice, or in a way that was not asked for"):
        await streamed(settings, clock, gzip.compress(gzip.compress(b"{}")), encoding)


async def test_an_error_packed_twice_is_told_by_its_status(settings: Settings, clock: ManualClock) -> None:
    with pytest.raises(UpstreamBusy):
        await streamed(settings, clock, gzip.compress(b"{}"), "gzip, gzip", 503)


async def test_what_cannot_be_unpacked_is_a_fault_of_civitai(settings: Settings, clock: ManualClock) -> None:
    with pytest.raises(UpstreamDown, match="cannot be unpacked"):
        await streamed(settings, clock, b"\x1f\x8b" + b"x" * 100, "gzip")


@pytest.mark.slow
async def test_unpacked_bytes_are_counted_as_they_come(settings: Settings, clock: ManualClock) -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(16 * 1024 * 1024)) for _ in range(16)) + packer.flush()  # 256 MiB
    tracemalloc.start()
    with pytest.raises(UpstreamDown, match="larger than 1 MiB"):
        await streamed(settings, clock, bomb, "deflate")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * 1024 * 1024


async def test_packed_bytes_that_unpack_to_nothing_are_counted_too(settings: Settings, clock: ManualClock) -> None:
    packer = zlib.compressobj()
    nothing = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    empty = b"\x00\x00\x00\xff\xff"  # one stored block of no bytes
    with pytest.raises(UpstreamDown, match="larger than 1 MiB"):
        await streamed(settings, clock, nothing + empty * 300_000, "deflate")


async def test_the_body_of_a_redirect_is_not_unpacked(settings: Settings, clock: ManualClock) -> None:
    taken: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            taken.append(1)
            yield bytes(65_536)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/there":
            return httpx.Response(200, json={})
        return httpx.Response(302, content=endless(), headers={"Location": "/there"})

    exchange = Exchange(settings, clock, httpx.MockTransport(answer))
    assert (await get(exchange)).body == {}
    assert not taken
    await exchange.aclose()


async def test_an_answer_of_nothing_but_brackets_is_not_parsed(exchange: Exchange, upstream: respx.MockRouter) -> None:
    body = b"[" + b"{}," * 300_000 + b"{}]"
    upstream.get("/api/v1/images").respond(content=body, headers={"Content-Type": "application/json"})

    with pytest.raises(UpstreamDown, match="other than whole JSON"):
        await get(exchange)


async def test_a_large_answer_is_read_beside_the_loop(
    exchange: Exchange, upstream: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[bool] = []
    whole = json.loads

    def noted(text: bytes) -> object:
        threads.append(threading.current_thread() is threading.main_thread())
        return whole(text)

    monkeypatch.setattr("civitai_engagement.civitai.exchange.json.loads", noted)
    for size in (10, 600_000):
        upstream.get("/api/v1/images").respond(json={"text": "x" * size})
        await get(exchange)
    assert threads == [True, False]


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (httpx.ConnectTimeout("x"), "did not answer within 30 seconds"),
        (httpx.ReadTimeout("x"), "did not answer within 30 seconds"),
        (httpx.PoolTimeout("x"), "did not answer within 30 seconds"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "cannot be reached"),
        (httpx.ReadError("reset"), "broke before its answer was complete"),
        (httpx.RemoteProtocolError("peer closed connection"), "broke before its answer was complete"),
        (httpx.DecodingError("bad gzip"), "broke before its answer was complete"),
    ],
)
async def test_a_broken_connection_is_told_in_plain_words(
    exchange: Exchange, upstream: respx.MockRouter, trouble: Exception, words: str
) -> None:
    upstream.get("/api/v1/images").mock(side_effect=trouble)

    with pytest.raises(UpstreamDown, match=words) as raised:
        await get(exchange)
    assert raised.value.__cause__ is trouble


async def test_an_answer_that_never_ends_is_given_up(clock: ManualClock, settings: Settings) -> None:
    async def hang(request: httpx.Request) -> httpx.Response:
        never: asyncio.Future[httpx.Response] = asyncio.get_running_loop().create_future()
        return await never

    hasty = settings.model_copy(update={"request_timeout": timedelta(milliseconds=20)})
    exchange = Exchange(hasty, clock, httpx.MockTransport(hang))

    with pytest.raises(UpstreamDown, match="did not answer within"):
        await get(exchange)
    await exchange.aclose()


async def test_a_request_says_who_we_are_and_carries_no_key_unless_set(
    exchange: Exchange, upstream: respx.MockRouter
) -> None:
    upstream.get("/api/v1/images").respond(json={})

    await get(exchange, cursor="100|1759019220000")

    request = upstream.calls.last.request
    assert request.headers["User-Agent"] == f"civitai-engagement/{__version__}"
    assert "Authorization" not in request.headers
    assert request.url.query == b"cursor=100%7C1759019220000"


def with_key(settings: Settings) -> Settings:
    return settings.model_copy(update={"civitai_api_key": SecretStr("s3cret")})


Steps = Callable[[httpx.Request], httpx.Response]


async def headers_seen(settings: Settings, clock: ManualClock, steps: Steps) -> list[tuple[str, str | None]]:
    seen: list[tuple[str, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((str(request.url.copy_with(path="/", query=None)), request.headers.get("Authorization")))
        return steps(request)

    exchange = Exchange(with_key(settings), clock, httpx.MockTransport(answer))
    await get(exchange)
    await exchange.aclose()
    return seen


async def test_the_key_goes_to_the_configured_origin(settings: Settings, clock: ManualClock) -> None:
    seen = await headers_seen(settings, clock, lambda request: httpx.Response(200, json={}))

    assert seen == [("https://civitai.com/", "Bearer s3cret")]


@pytest.mark.parametrize(
    "elsewhere",
    ["https://example.com/", "http://civitai.com/", "https://civitai.com:8443/", "https://www.civitai.com/"],
)
async def test_a_redirect_elsewhere_does_not_carry_the_key(
    settings: Settings, clock: ManualClock, elsewhere: str
) -> None:
    def steps(request: httpx.Request) -> httpx.Response:
        away = str(request.url).startswith(elsewhere)
        return httpx.Response(200, json={}) if away else httpx.Response(302, headers={"Location": elsewhere})

    assert await headers_seen(settings, clock, steps) == [
        ("https://civitai.com/", "Bearer s3cret"),
        (elsewhere, None),
    ]


async def test_an_upgrade_to_https_does_not_carry_the_key_beyond_the_configured_origin(
    settings: Settings, clock: ManualClock
) -> None:
    plain = settings.model_copy(update={"civitai_base_url": "http://civitai.com"})

    def steps(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            return httpx.Response(200, json={})
        return httpx.Response(301, headers={"Location": "https://civitai.com/api"})

    assert (await headers_seen(plain, clock, steps))[1] == ("https://civitai.com/", None)


@pytest.mark.parametrize("location", ["/round/and/round", "http://[broken", "gopher://x/"])
async def test_a_redirect_that_leads_nowhere_is_a_fault_of_civitai(
    settings: Settings, clock: ManualClock, location: str
) -> None:
    carrier = httpx.MockTransport(lambda request: httpx.Response(302, headers={"Location": location}))
    exchange = Exchange(settings, clock, carrier)

    with pytest.raises(UpstreamDown, match="broke"):
        await get(exchange)
    await exchange.aclose()


async def test_neither_log_nor_error_shows_the_key(
    settings: Settings, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    exchange = Exchange(with_key(settings), clock, httpx.MockTransport(lambda request: httpx.Response(500, html=HTML)))

    with pytest.raises(UpstreamDown) as raised:
        await get(exchange)
    assert caplog.text
    assert "s3cret" not in caplog.text
    assert "s3cret" not in repr(raised.value) + str(raised.value)
    await exchange.aclose()
