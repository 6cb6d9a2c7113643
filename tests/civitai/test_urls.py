import pytest
from hypothesis import given
from hypothesis import strategies as st

from civitai_engagement.civitai.urls import (
    ID_MAX,
    Address,
    AddressKind,
    checked_id,
    image_url,
    parse_any,
    parse_creator,
    parse_image,
    parse_post,
    post_url,
)
from civitai_engagement.errors import BadInput


@pytest.mark.parametrize(
    "text",
    [
        "12345",
        "  12345\n",
        "0012345",
        "https://civitai.com/posts/12345",
        "http://civitai.com/posts/12345",
        "civitai.com/posts/12345",
        "//civitai.com/posts/12345",
        "https://www.civitai.com/posts/12345/",
        "https://civitai.red/posts/12345",
        "https://www.civitai.green/posts/12345",
        "HTTPS://CIVITAI.COM/posts/12345",
        "https://civitai.com/posts/12345/a-slug-tail",
        "https://civitai.com/posts/12345?tags=1&query=x#comments",
        "https://civitai.com//posts//12345",
        "https://civitai.com./posts/12345",
        "https://civitai.com:443/posts/12345",
        "https://civitai.com/en/posts/12345",
        "https://civitai.com/pt-BR/posts/12345",
        "https://civitai.com/zh-Hans/posts/12345/edit",
        "https://civitai.com/api/v1/posts/12345",
        "https://civitai.com/api/v1/images?postId=12345&limit=200",
        "12345.0",
        "'12345",
        "https://civitai.com/posts/12345.",
        "https://civitai.com/posts/12345).",
        "(https://civitai.com/posts/12345?x=1)",
        "<https://civitai.com/posts/12345>",
        "<https://civitai.com/posts/12345|my post>",
        "https://civitai.com/posts/12345\u200b",
        "\u2066https://civitai.com/\u2060posts/12345\u2069",
        "“https://civitai.com/posts/12345”,",
        "**https://civitai.com/posts/12345**",
        "https://civitai.com/posts/12345。",
        "[my post](https://civitai.com/posts/12345)",
        "[my [best] post](<https://civitai.com/posts/12345> 'title').",
        "![](https://civitai.com/posts/12345)",
    ],
)
def test_every_usual_way_to_name_a_post_gives_its_id(text: str) -> None:
    assert parse_post(text) == 12345


@pytest.mark.parametrize(
    "text",
    [
        "98",
        "https://civitai.com/images/98",
        "civitai.red/images/98/?postId=5",
        "https://civitai.com/api/v1/images?imageId=98",
    ],
)
def test_every_usual_way_to_name_an_image_gives_its_id(text: str) -> None:
    assert parse_image(text) == 98


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "Nothing was passed"),
        ("   ", "Nothing was passed"),
        ("my post", "neither an id nor a URL"),
        ("hello", "neither an id nor a URL"),
        ("0", "from 1 to"),
        ("0.0", "from 1 to"),
        ("101.5", "not an address"),
        ("https://civitai.com/posts/2191...", "holds no id"),
        ("https://civitai.com/posts/2191…)", "holds no id"),
        ("[a](https://civitai.com/posts/1) [b](https://civitai.com/posts/2)", "neither an id nor a URL"),
        ("-5", "from 1 to"),
        ("+5", "from 1 to"),
        ("2147483648", "from 1 to"),
        ("9" * 5000, "from 1 to"),
        ("１２３", "neither an id nor a URL"),
        ("१२३", "neither an id nor a URL"),
        ("https://civitai.com/posts/１２３", "holds no id"),
        ("https://civitai.com/posts/0", "from 1 to"),
        ("https://civitai.com/posts/99999999999999", "from 1 to"),
        ("https://civitai.com/models/4384", "That is a model"),
        ("https://civitai.com/user/somebody", "That is a creator's page"),
        ("https://civitai.com/articles/1", "That is an article"),
        ("https://civitai.com/images/98", "That is an image, not a post. Use find_asset"),
        ("https://civitai.com/api/v1/images?imageId=98", "That is an image, not a post"),
        ("https://civitai.com/posts/create", "holds no id"),
        ("https://civitai.com/posts/123abc", "holds no id"),
        ("https://civitai.com/posts", "holds no id"),
        ("https://civitai.com", "holds no id"),
        ("https://civitai.com/api/v1/images", "names no single"),
        ("https://civitai.com/api/v1/images?postId=1&postId=2", "names no single"),
        ("https://civitai.com/api/v1/images?postId=1&imageId=2", "names no single"),
        ("https://civitai.com/api/v1/images?postId=x", "names no single"),
        ("https://example.com/posts/1", "not an address of Civitai"),
        ("https://notcivitai.com/posts/1", "not an address of Civitai"),
        ("https://civitai.com.example.com/posts/1", "not an address of Civitai"),
        ("https://civitai.com@example.com/posts/1", "not an address of Civitai"),
        ("https://example.com@civitai.com/posts/1", "not an address of Civitai"),
        ("https://example.com\\@civitai.com/posts/1", "neither an id nor a URL"),
        ("https://example.com?civitai.com/posts/1", "not an address of Civitai"),
        ("ftp://civitai.com/posts/1", "not an address of Civitai"),
        ("javascript://civitai.com/posts/1", "not an address of Civitai"),
        ("https://civitai.com/posts/1\n2", "neither an id nor a URL"),
        ("https://civitai.com/posts/1 and 2", "neither an id nor a URL"),
        ("https://[civitai.com/posts/1", "is not a URL"),
        ("https://civitai.com:port/posts/1", "is not a URL"),
        ("https://127.0.0.1:8765/posts/1", "not an address of Civitai"),
    ],
)
def test_what_is_not_a_post_is_refused_with_what_was_wrong_and_what_to_pass(text: str, complaint: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_post(text)

    assert complaint in refused.value.message
    assert refused.value.hint.startswith("Pass a post id")
    assert len(str(refused.value)) < 350


def test_a_post_where_an_image_is_needed_is_named_as_such() -> None:
    with pytest.raises(BadInput, match="That is a post, not an image"):
        parse_image("https://civitai.com/posts/1")


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "LocalHost:1"])
def test_the_configured_host_counts_as_civitai(host: str) -> None:
    own = host.partition(":")[0].upper()

    assert parse_post(f"http://{host}/posts/5", own_host=own) == 5
    assert parse_post(f"{host}/posts/5", own_host=own) == 5


def test_an_address_of_either_kind_says_which_it_is() -> None:
    assert parse_any("https://civitai.com/posts/5") == Address(AddressKind.POST, 5)
    assert parse_any(" civitai.com/images/6 ") == Address(AddressKind.IMAGE, 6)


def test_a_bare_number_does_not_say_which_kind_it_is() -> None:
    with pytest.raises(BadInput, match="Pass the URL"):
        parse_any("12345")


@given(number=st.integers(1, ID_MAX), site=st.sampled_from(["https://civitai.com", "https://civitai.red"]))
def test_what_is_printed_can_be_read_back(number: int, site: str) -> None:
    assert parse_post(post_url(number, site=site)) == number
    assert parse_image(image_url(number, site=site)) == number
    assert checked_id(number, "a post") == number


@given(st.text() | st.from_regex(r"(https?://)?(www\.)?civitai\.(com|red)/[a-z]{0,6}/?[0-9]{0,12}.*"))
def test_any_text_is_an_id_that_can_exist_or_bad_input(text: str) -> None:
    for parse in (parse_post, parse_image):
        try:
            found = parse(text)
        except BadInput:
            continue
        assert 1 <= found <= ID_MAX


@pytest.mark.parametrize("number", [0, -1, ID_MAX + 1])
def test_an_id_that_cannot_exist_is_refused(number: int) -> None:
    with pytest.raises(BadInput, match="cannot be the id of a post"):
        checked_id(number, "a post")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ana_1", "Ana_1"),
        (" @ana ", "ana"),
        ("77", "77"),
        ("https://civitai.com/user/Ana_1", "Ana_1"),
        ("civitai.com/user/Ana_1/images?sort=Newest", "Ana_1"),
        ("https://www.civitai.red/de/user/ana/", "ana"),
        ("http://127.0.0.1:8765/user/ana", "ana"),
    ],
)
def test_a_creator_is_read_from_a_name_or_a_profile(text: str, name: str) -> None:
    assert parse_creator(text, own_host="127.0.0.1") == name


@pytest.mark.parametrize(
    "text",
    ["", "@", "a b", "ana!", "a,b", "Ana.1", "x" * 101, "https://example.com/user/ana", "https://civitai.com/posts/77"],
)
def test_what_names_no_creator_is_refused_with_the_way_to_name_one(text: str) -> None:
    with pytest.raises(BadInput, match=r"Pass a creator's name \(letters, digits and _\) or https://civitai.com/user/"):
        parse_creator(text)
