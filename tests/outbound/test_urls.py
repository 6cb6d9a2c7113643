import pytest
from hypothesis import given
from hypothesis import strategies as st

from civitai_engagement.errors import BadInput
from civitai_engagement.outbound.urls import host_of, port_of, read_url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "picture.png",
        "/etc/passwd",
        "//example.com/a.png",
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "gopher://example.com:70/_GET",
        "ftp://example.com/a.png",
        "data:image/png;base64,AA==",
        "javascript:alert(1)",
        "unix:/var/run/docker.sock",
        "https:///a.png",
        "https://",
        "https://exa mple.com/",
        "https://example.com\0.png",
        "https://example.com\r\nHost: other/",
        "https://a..b/",
        "https://.a/",
        "https://%31%32%37.0.0.1/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://" + "a" * 64 + ".com/",
        "https://" + "a." * 127 + "com/",
        "http://exa%00mple.com/",
    ],
)
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_url(text)


@pytest.mark.parametrize(
    "text",
    ["https://me:hush-hush@example.com/", "https://civitai.com@127.0.0.1/", "http://:hush-hush@example.com/"],
)
def test_a_user_name_or_password_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadInput, match="user name or a password") as caught:
        read_url(text)

    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("HTTPS://Example.COM/a.png", "example.com", 443),
        ("http://example.com:8080", "example.com", 8080),
        ("http://example.com#@127.0.0.1/", "example.com", 80),
        ("http://example.com?@127.0.0.1/", "example.com", 80),
        ("https://bücher.example/", "xn--bcher-kva.example", 443),
        ("https://[2606:4700::1111]/", "2606:4700::1111", 443),
        (" https://my_bucket.example.com/a b.png ", "my_bucket.example.com", 443),
    ],
)
def test_the_host_and_port_are_those_that_are_asked(text: str, host: str, port: int) -> None:
    url = read_url(text)

    assert (host_of(url), port_of(url)) == (host, port)


def test_what_follows_a_hash_is_not_sent() -> None:
    assert str(read_url("https://example.com/a.png#top")) == "https://example.com/a.png"


@given(st.text() | st.builds("https://{}{}".format, st.text(), st.text()))
def test_any_text_is_a_url_or_bad_input(text: str) -> None:
    try:
        url = read_url(text)
    except BadInput:
        return
    assert read_url(str(url)) == url
