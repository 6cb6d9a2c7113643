"""What goes to the address the user set for alerts, and what comes of every answer."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator

import httpcore
import pytest

from civitai_engagement.errors import BadInput, UpstreamDown
from civitai_engagement.outbound.webhook import Webhook

from .conftest import NO_TLS, Network, http, redirect

URL = "http://alerts.lan:9000/hook/s3cret-path?key=s3cret-query"
MESSAGE = {"event": "alarm", "detail": "Größe"}


def webhook(network: httpcore.AsyncNetworkBackend, secret: str | None = "hush", url: str = URL) -> Webhook:
    return Webhook(url, secret, network, NO_TLS)


def heard(network: Network) -> tuple[list[str], bytes]:
    head, _, body = bytes(network.wires[0].heard).partition(b"\r\n\r\n")
    return head.decode().split("\r\n"), body


async def test_a_message_is_posted_with_a_signature_of_its_very_bytes() -> None:
    network = Network([http(b"", "204 No Content")])
    await webhook(network).send(MESSAGE)
    (first, *headers), body = heard(network)
    assert network.connected == [("alerts.lan", 9000)]
    assert first == "POST /hook/s3cret-path?key=s3cret-query HTTP/1.1"
    assert json.loads(body) == MESSAGE
    signature = hmac.new(b"hush", body, hashlib.sha256).hexdigest()
    assert f"X-Civitai-Engagement-Signature: sha256={signature}" in headers
    assert "Host: alerts.lan:9000" in headers
    assert f"Content-Length: {len(body)}" in headers


async def test_without_a_secret_nothing_is_signed() -> None:
    network = Network([http(b"ok")])
    await webhook(network, None).send(MESSAGE)
    assert not [line for line in heard(network)[0] if "Signature" in line]


async def test_https_asks_for_the_name_of_the_host() -> None:
    network = Network([http(b"ok")])
    await webhook(network, url="https://example.com/hook").send(MESSAGE)
    assert (network.connected, network.wires[0].tls_name) == ([("example.com", 443)], "example.com")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (redirect("http://elsewhere.example/"), "alerts.lan answered with 302 instead of 2xx."),
        (http(b"", "500 Oops"), "alerts.lan answered with 500 instead of 2xx."),
        (http(b"", "404 Not Found"), "alerts.lan answered with 404 instead of 2xx."),
        (httpcore.ConnectError("no route"), "alerts.lan cannot be reached."),
        (httpcore.ConnectTimeout("late"), "alerts.lan did not answer within 10 seconds."),
        (b"", "alerts.lan cannot be reached."),
        (b"nonsense\r\n\r\n", "alerts.lan cannot be reached."),
    ],
)
async def test_what_was_not_taken_is_said_without_the_path(answer: bytes | Exception, said: str) -> None:
    network = Network([answer])
    with pytest.raises(UpstreamDown) as raised:
        await webhook(network).send(MESSAGE)
    assert str(raised.value) == said
    assert len(network.connected) <= 1  # a redirect is not followed


class _Deaf(httpcore.AsyncNetworkBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_host_that_never_answers_is_given_up() -> None:
    with pytest.raises(UpstreamDown, match="did not answer within 0.01 seconds"):
        await Webhook(URL, None, _Deaf(), NO_TLS, seconds=0.01).send(MESSAGE)


async def test_an_endless_answer_is_not_read() -> None:
    def endless() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        while True:
            yield b"4\r\nmore\r\n"

    await webhook(Network([endless()])).send(MESSAGE)


@pytest.mark.parametrize("url", ["ftp://a.example/", "http://me:word@a.example/", "http:///x"])
def test_what_is_no_address_of_a_hook_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        Webhook(url)
