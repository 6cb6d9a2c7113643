"""Where connections go, and where they do not."""

import ipaddress
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civitai_engagement.errors import BadInput, UpstreamDown
from civitai_engagement.outbound import Fetcher
from civitai_engagement.outbound.addresses import is_public
from civitai_engagement.outbound.gate import resolve
from civitai_engagement.settings import Settings

from .conftest import NO_TLS, PUBLIC, Network, connections, http, opened, redirect

METADATA = "169.254.169.254"
PRIVATE = (
    ipaddress.ip_network("10.0.0.0/8"),
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("169.254.0.0/16"),
)


def spellings(number: int) -> list[str]:
    """Write an IPv4 address in the ways that resolvers and browsers understand."""
    a, b, c, d = number.to_bytes(4, "big")
    dotted = f"{a}.{b}.{c}.{d}"
    return [
        dotted,
        str(number),
        hex(number),
        f"0{number:o}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{number & 0xFFFF}",
        f"0{a:o}.{b:#x}.{number & 0xFFFF}",
        f"[::ffff:{dotted}]",
        f"[::{dotted}]",
        f"[64:ff9b::{dotted}]",
        f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]",
        dotted.translate(str.maketrans("0123456789.", "０１２３４５６７８９。")),
        f"civitai.com@{dotted}",
        f"civitai.com:x@{dotted}",
        f"{dotted}:80",
        f"{dotted}/@civitai.com",
        f"{dotted}#@civitai.com",
        f"{dotted}\\@civitai.com",
        f"civitai.com\\@{dotted}",
    ]


async def numbers_only(host: str, port: int) -> Sequence[str]:
    """Look up like the system does, but never by asking the network."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)]


@given(
    st.sampled_from(PRIVATE).flatmap(lambda block: st.ip_addresses(network=block)),
    st.integers(0, 20),
    st.sampled_from(["http", "https", "HTTP"]),
)
async def test_no_spelling_of_a_private_address_is_connected_to(address: object, way: int, scheme: str) -> None:
    network = Network()

    async with Fetcher(Settings(_env_file=None), network, numbers_only, NO_TLS) as fetcher:
        with pytest.raises((BadInput, UpstreamDown)):
            await fetcher.digest(f"{scheme}://{spellings(int(ipaddress.ip_address(str(address))))[way]}/latest")

    assert network.connected == []


@pytest.mark.parametrize("way", [0, 1, 2, 3, 5, 6, 7, 8])
async def test_the_same_spellings_of_a_public_address_are_understood(way: int) -> None:
    network = Network()

    async with Fetcher(Settings(_env_file=None), network, numbers_only, NO_TLS) as fetcher:
        await fetcher.digest(f"http://{spellings(int(ipaddress.ip_address(PUBLIC)))[way]}/a.png")

    assert network.connected == [(PUBLIC, 80)]


@given(st.lists(st.ip_addresses().map(str) | st.just(PUBLIC), min_size=1, max_size=4))
async def test_a_name_is_connected_to_only_if_all_its_addresses_are_public(addresses: list[str]) -> None:
    went = await connections("https://example.com/a.png", Network(names={"example.com": [addresses]}))

    assert went == ([(addresses[0], 443)] if all(map(is_public, addresses)) else [])


async def test_an_answer_of_dns_that_changes_after_the_check_is_never_asked_for() -> None:
    network = Network(names={"example.com": [[PUBLIC], ["127.0.0.1"]]})

    assert await connections("https://example.com/a.png", network) == [(PUBLIC, 443)]


async def test_a_second_connection_to_a_name_is_judged_anew() -> None:
    network = Network([redirect("/b.png"), http()], {"example.com": [[PUBLIC], ["127.0.0.1"]]})

    async with opened(network) as fetcher:
        with pytest.raises(BadInput, match="example.com is not on the public internet"):
            await fetcher.digest("https://example.com/a.png")

    assert network.connected == [(PUBLIC, 443)]


@pytest.mark.parametrize(
    "target",
    [
        f"http://{METADATA}/latest/meta-data/",
        "http://localhost/",
        "http://[::1]/",
        "http://2130706433/",
        "//127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/_",
        "https://me:hush-hush@example.com/",
        "https://example.com:8443/",
        "https://example.com:99999/",
    ],
)
async def test_a_redirect_is_held_to_the_same_rules(target: str) -> None:
    names = {"localhost": [["127.0.0.1"]], METADATA: [[METADATA]], "::1": [["::1"]], "127.0.0.1": [["127.0.0.1"]]}
    network = Network([redirect(target), http()], names | {"2130706433": [["127.0.0.1"]]})

    async with opened(network) as fetcher:
        with pytest.raises(BadInput):
            await fetcher.digest("https://example.com/a.png")

    assert network.connected == [(PUBLIC, 443)]


@pytest.mark.parametrize("host", ["image.civitai.com", "civitai.red", "IMAGE.civitai.GREEN"])
async def test_civitai_itself_is_allowed_at_any_address(host: str) -> None:
    network = Network(names={host.lower(): [["198.18.0.7"]]})

    assert await connections(f"https://{host}/a.png", network) == [("198.18.0.7", 443)]


@pytest.mark.parametrize(
    "url",
    [
        "https://civitai.com.example.com/",
        "https://notcivitai.com/",
        "https://civitai.com./",
        "http://civitai.com/",
        "https://civitai.com:8443/",
    ],
)
async def test_what_only_looks_like_civitai_is_judged_like_a_stranger(url: str) -> None:
    names = {
        host: [["127.0.0.1"]] for host in ("civitai.com.example.com", "notcivitai.com", "civitai.com.", "civitai.com")
    }

    assert await connections(url, Network(names=names)) == []


async def test_the_configured_base_url_is_allowed_wherever_it_is() -> None:
    network = Network(names={"localhost": [["127.0.0.1"]]})
    url = "http://localhost:8765/media/a.jpeg"

    assert await connections(url, network, civitai_base_url="http://LOCALHOST:8765") == [("127.0.0.1", 8765)]


async def test_the_neighbours_of_the_configured_base_url_are_not() -> None:
    network = Network(names={"localhost": [["127.0.0.1"]]})

    assert await connections("http://localhost:5432/", network, civitai_base_url="http://localhost:8765") == []
    assert await connections("http://localhost/", network, civitai_base_url="http://localhost:8765") == []


async def test_the_name_is_shown_to_the_host_although_a_number_is_connected_to() -> None:
    network = Network()

    await connections("https://Example.com/a%20b.png?size=1#top", network)

    [wire] = network.wires
    assert wire.tls_name == "example.com"
    assert bytes(wire.heard).startswith(b"GET /a%20b.png?size=1 HTTP/1.1\r\nHost: example.com\r\n")


async def test_an_ipv6_host_keeps_its_brackets() -> None:
    network = Network(names={"2606:4700::1111": [["2606:4700::1111"]]})

    await connections("http://[2606:4700::1111]/", network)

    assert b"\r\nHost: [2606:4700::1111]\r\n" in network.wires[0].heard


async def test_no_credentials_and_no_cookies_are_sent_even_to_civitai() -> None:
    network = Network([redirect("https://civitai.com/b.png"), http()])
    network.answers = [network.answers[0], http(Set_Cookie="a=b")]

    await connections("https://civitai.com/a.png", network, civitai_api_key="hush-hush", token="hush-hush")

    heard = b"".join(bytes(wire.heard) for wire in network.wires)
    assert len(network.wires) == 2
    assert b"hush" not in heard
    assert not any(word in heard.lower() for word in (b"authorization", b"cookie", b"referer"))


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")

    assert await connections("https://example.com/a.png", Network()) == [(PUBLIC, 443)]


async def test_the_next_address_is_tried_where_one_is_silent() -> None:
    network = Network(names={"example.com": [[PUBLIC, "1.1.1.1"]]}, silent={PUBLIC})

    assert await connections("https://example.com/", network) == [("1.1.1.1", 443)]


async def test_a_host_where_nobody_answers_is_down() -> None:
    async with opened(Network(silent={PUBLIC})) as fetcher:
        with pytest.raises(UpstreamDown, match="example.com cannot be reached"):
            await fetcher.digest("https://example.com/")


async def test_a_name_that_does_not_exist_is_said() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async with Fetcher(Settings(_env_file=None), Network(), unknown, NO_TLS) as fetcher:
        with pytest.raises(UpstreamDown, match="The name nowhere.example cannot be looked up"):
            await fetcher.digest("https://nowhere.example/")


async def test_the_system_resolver_gives_each_address_once() -> None:
    assert await resolve("127.0.0.1", 80) == ["127.0.0.1"]
    assert await resolve("0x7f.1", 80) == ["127.0.0.1"]
