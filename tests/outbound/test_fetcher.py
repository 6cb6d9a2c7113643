"""What comes of a file, and of everything that is not one."""

import asyncio
import gzip
import hashlib
import itertools
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import timedelta

import httpcore
import pytest

from civitai_engagement.errors import BadInput, EngagementError, NotFound, UpstreamBusy, UpstreamDown, UpstreamRefused
from civitai_engagement.outbound import Fetcher, FileDigest
from civitai_engagement.records.media import MediaType
from civitai_engagement.settings import Settings

from .conftest import MP4, NO_TLS, PNG, Network, http, opened, redirect

URL = "https://example.com/a.png"
HTML = b"<!DOCTYPE html><title>Sign in</title>"
HEAD_ONLY = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def failure(network: Network, expected: MediaType | None = None, **settings: object) -> EngagementError:
    async with opened(network, **settings) as fetcher:
        with pytest.raises(EngagementError) as caught:
            await fetcher.digest(URL, expected)
    return caught.value


async def test_a_file_is_hashed_measured_and_recognised() -> None:
    async with opened(Network()) as fetcher:
        digest = await fetcher.digest(f"{URL}#top", MediaType.IMAGE)

    assert digest == FileDigest(hashlib.sha256(PNG).hexdigest(), len(PNG), MediaType.IMAGE, "image/png", URL)


async def test_a_file_may_come_in_pieces_without_a_length() -> None:
    pieces = [CHUNKED, *(b"%x\r\n%b\r\n" % (1, PNG[at : at + 1]) for at in range(len(PNG))), b"0\r\n\r\n"]

    async with opened(Network([pieces])) as fetcher:
        assert (await fetcher.digest(URL)).sha256 == hashlib.sha256(PNG).hexdigest()


async def test_content_that_nobody_knows_is_hashed_all_the_same() -> None:
    async with opened(Network([http(b"abc")])) as fetcher:
        digest = await fetcher.digest(URL, MediaType.VIDEO)

    assert (digest.media_type, digest.mime, digest.size) == (None, None, 3)


async def test_one_fetcher_fetches_many_files() -> None:
    async with opened(Network([http(PNG), http(MP4)])) as fetcher:
        first, second = await fetcher.digest("https://a.example/"), await fetcher.digest("https://b.example/")

    assert (first.media_type, second.media_type) == (MediaType.IMAGE, MediaType.VIDEO)


# --- redirects


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_the_file_behind_a_redirect_says_where_it_was_found(status: str) -> None:
    async with opened(Network([redirect("//cdn.example/b.png?sig=1", status), http()])) as fetcher:
        assert (await fetcher.digest(URL)).final_url == "https://cdn.example/b.png?sig=1"


async def test_five_redirects_are_followed_and_no_more() -> None:
    async with opened(Network([redirect("/next")] * 5 + [http()])) as fetcher:
        assert (await fetcher.digest(URL)).size == len(PNG)

    network = Network([redirect("/next")])
    assert "more than 5 times" in str(await failure(network))
    assert len(network.connected) == 6


async def test_a_redirect_to_nothing_readable_is_the_hosts_fault() -> None:
    assert isinstance(await failure(Network([redirect("//999.1.1.1/")])), UpstreamDown)
    assert isinstance(await failure(Network([http(b"", "302 Found")])), UpstreamDown)


# --- answers that are no files


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("404 Not Found", NotFound),
        ("410 Gone", NotFound),
        ("401 Unauthorized", UpstreamRefused),
        ("403 Forbidden", UpstreamRefused),
        ("429 Too Many Requests", UpstreamBusy),
        ("503 Service Unavailable", UpstreamBusy),
        ("500 Internal Server Error", UpstreamDown),
        ("204 No Content", UpstreamDown),
        ("206 Partial Content", UpstreamDown),
        ("304 Not Modified", UpstreamDown),
    ],
)
async def test_any_answer_but_a_whole_file_is_an_error_of_its_kind(status: str, kind: type[EngagementError]) -> None:
    error = await failure(Network([http(b"", status)]))

    assert type(error) is kind
    assert status[:3] in str(error)


@pytest.mark.parametrize(("said", "understood"), [("30", 30), ("soon", None), ("9" * 400, None)])
async def test_the_pause_a_host_asks_for_is_passed_on(said: str, understood: float | None) -> None:
    error = await failure(Network([http(b"", "429 Slow Down", Retry_After=said)]))

    assert isinstance(error, UpstreamBusy)
    assert error.retry_after == understood


async def test_a_file_of_another_kind_is_refused_with_the_right_one() -> None:
    error = await failure(Network(), MediaType.VIDEO)

    assert str(error) == "You said video, the file is an image (image/png). Pass asset_type=image."


async def test_a_file_of_another_kind_is_refused_after_its_first_bytes() -> None:
    read: list[bytes] = []

    def long_picture() -> Iterator[bytes]:
        yield CHUNKED
        for _ in range(1000):
            read.append(b"2000\r\n%b\r\n" % PNG.ljust(8192))
            yield read[-1]

    assert isinstance(await failure(Network([long_picture()]), MediaType.VIDEO), BadInput)
    assert len(read) < 10


async def test_a_web_page_is_refused_where_media_was_said_and_hashed_where_not() -> None:
    network = Network([http(HTML, Content_Type="text/html; charset=utf-8")])

    assert "web page, not image" in str(await failure(network, MediaType.IMAGE))
    async with opened(network) as fetcher:
        assert (await fetcher.digest(URL)).size == len(HTML)


async def test_media_under_a_wrong_label_are_media() -> None:
    async with opened(Network([http(PNG, Content_Type="text/html")])) as fetcher:
        assert (await fetcher.digest(URL, MediaType.IMAGE)).mime == "image/png"


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "GZIP"])
async def test_a_packed_file_is_refused_unread(encoding: str) -> None:
    network = Network([http(gzip.compress(b"\0" * 100_000), Content_Encoding=encoding)])

    assert isinstance(await failure(network), UpstreamRefused)


async def test_a_bomb_inside_the_file_is_just_bytes() -> None:
    bomb = gzip.compress(b"\0" * 1_000_000)

    async with opened(Network([http(bomb, Content_Encoding="identity")])) as fetcher:
        assert (await fetcher.digest(URL)).size == len(bomb)


# --- size and time


async def test_a_file_announced_too_large_is_not_read() -> None:
    error = await failure(Network([itertools.chain([HEAD_ONLY], [AssertionError])]))  # type: ignore[list-item] # a trap

    assert str(error) == "The file is larger than 500 MB. CIVITAI_ENGAGEMENT_OUTBOUND_MAX_BYTES sets the limit."


async def test_a_body_without_end_stops_at_the_largest_size() -> None:
    endless = itertools.chain([CHUNKED], itertools.repeat(b"400\r\n" + b"x" * 1024 + b"\r\n"))

    assert "larger than 0.1 MB" in str(await failure(Network([endless]), outbound_max_bytes=100_000))


async def test_a_file_of_exactly_the_largest_size_is_hashed() -> None:
    async with opened(Network(), outbound_max_bytes=len(PNG)) as fetcher:
        assert (await fetcher.digest(URL)).size == len(PNG)

    assert isinstance(await failure(Network(), outbound_max_bytes=len(PNG) - 1), BadInput)


async def test_a_host_that_drips_is_cut_off_although_it_never_pauses() -> None:
    dripping = itertools.chain([CHUNKED], itertools.repeat(b"1\r\nx\r\n"))

    error = await failure(Network([dripping]), outbound_timeout=0.05)

    assert isinstance(error, UpstreamDown)
    assert "did not come within 0.05 seconds" in str(error)


async def test_a_head_without_end_is_cut_off() -> None:
    endless = itertools.chain([b"HTTP/1.1 200 OK\r\n"], itertools.repeat(b"X: " + b"x" * 1000 + b"\r\n"))

    assert isinstance(await failure(Network([endless])), UpstreamDown)


async def test_a_look_up_that_never_ends_is_cut_off_too() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    settings = Settings(_env_file=None, outbound_timeout=timedelta(seconds=0.02))
    async with Fetcher(settings, Network(), never, NO_TLS) as fetcher:
        with pytest.raises(UpstreamDown, match="did not come within"):
            await fetcher.digest(URL)


# --- connections that break


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", b"SSH-2.0-OpenSSH_9.6\r\n", httpcore.ReadError()],
    ids=["silence", "cut short", "not HTTP", "reset"],
)
async def test_a_connection_that_breaks_may_be_tried_again(answer: bytes | Exception) -> None:
    assert "broke before the file was complete" in str(await failure(Network([answer])))


async def test_a_connection_that_times_out_is_said_in_our_words() -> None:
    assert "did not come within 60 seconds" in str(await failure(Network([httpcore.ReadTimeout()])))


async def test_two_contradicting_lengths_are_not_believed() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"

    assert isinstance(await failure(Network([answer])), UpstreamDown)


async def test_no_error_repeats_what_a_url_carries() -> None:
    async with opened(Network([http(b"", "403 Forbidden")])) as fetcher:
        with pytest.raises(UpstreamRefused) as caught:
            await fetcher.digest("https://example.com/a.png?signature=hush-hush")

    assert "hush" not in str(caught.value)


@pytest.mark.slow
async def test_a_large_file_is_hashed_in_little_memory() -> None:
    piece = b"x" * 65_536
    body = itertools.chain([b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (3000 * len(piece))], [piece] * 3000)

    tracemalloc.start()
    async with opened(Network([body])) as fetcher:
        digest = await fetcher.digest(URL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert digest.size == 3000 * len(piece)
    assert peak < 8_000_000
