import csv
import json
from pathlib import Path

import pytest

from civitai_engagement.errors import BadInput
from civitai_engagement.library.importing.listing import Line, read_list

URL = "https://civitai.com/posts/{}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "posts.csv"


def ids(path: Path, text: str | bytes) -> list[int | None]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [one.post_id for one in read_list(path, own_host="127.0.0.1")]


@pytest.mark.parametrize(
    "text",
    [
        "77\n78\n",
        "https://civitai.com/posts/77\nhttps://civitai.red/posts/78?x=1,2\n",
        "url\n77\n78",
        "URL \n77\n78",
        "title,post_url,likes\nA,https://civitai.com/posts/77,3\nB,https://civitai.com/posts/78,4\n",
        "title;post\nA;77\nB;78\n",
        "title\tpost_id\nA\t77\nB\t78\n",
        "A,https://civitai.com/posts/77\nB,https://civitai.com/posts/78\n",
        "civitai_id,civitai_url\n77,\n,https://civitai.com/posts/78\n",
        "# mine, all of them\n\n77\n   \n# more\n78\n",
        "\ufeffpost\r\n77\r\n78\r\n",
        'title,url\n"one, two\nthree",https://civitai.com/posts/77\n"say ""hi""",78\n',
        "http://127.0.0.1:8000/posts/77\nhttp://127.0.0.1/posts/78\n",
    ],
)
def test_posts_are_found_in_any_usual_csv(path: Path, text: str) -> None:
    assert ids(path, text) == [77, 78]


def test_text_saved_as_unicode_by_a_spreadsheet_is_read(path: Path) -> None:
    assert ids(path, "post\ttitle\n77\tÜber\n78\tx\n".encode("utf-16")) == [77, 78]


@pytest.mark.parametrize("name", ["posts.jsonl", "posts.ndjson", "posts.txt"])
def test_json_lines_hold_objects_texts_or_numbers(tmp_path: Path, name: str) -> None:
    lines = [{"title": "a\u2028b", "url": URL.format(77)}, {"POST_ID": 78}, {"url": None, "civitai_id": "79"}]
    plain = [json.dumps(one, ensure_ascii=False) for one in lines]
    text = (
        "\n".join(["", *plain, '# "x"', "80", '"81"', ""]) if name != "posts.txt" else "\n".join([*plain, "80", "81"])
    )
    assert ids(tmp_path / name, text) == [77, 78, 79, 80, 81]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[77]", "neither a URL nor an id"),
        ("true", "neither a URL nor an id"),
        ('{"title": "x"}', "none of url, post"),
        ('{"url": ["x"]}', "neither a URL nor an id"),
        ('"https://civitai.com/images/5"', "an image, not a post"),
        ("[" * 5000, "not JSON"),
        ("9" * 5000, "not JSON"),
    ],
)
def test_a_bad_line_of_json_says_why_and_the_next_is_read(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(f"{line}\n78\n")
    bad, good = read_list(path)
    assert (bad.number, bad.post_id, good.post_id) == (1, None, 78)
    assert reason in bad.reason


def test_a_bad_line_keeps_the_number_a_text_editor_shows(path: Path) -> None:
    path.write_text('title,url\n"two\nlines",77\n\n# x\n"three\n\nlines",nonsense\nA\n')
    first, second, third = read_list(path)
    assert [one.number for one in (first, second, third)] == [2, 6, 9]
    assert "neither an id nor a URL" in second.reason
    assert "Nothing was passed" in third.reason


def test_a_post_named_again_points_to_its_first_line(path: Path) -> None:
    path.write_text(f"77\n78\n{URL.format(77)}\n77\n")
    assert [one.first for one in read_list(path)] == [None, None, 1, 1]


def test_a_long_bad_line_is_shown_cut(path: Path) -> None:
    path.write_text("x" * 10_000)
    [line] = read_list(path)
    assert len(line.text) == 200


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"caf\xe9,77\n", "not text in UTF-8 (byte 3)"),
        (b"name,size\na,1\n", "No column of posts was found among name, size"),
        (b'post\n77\n"' + b"x" * 200_000, "The quote that begins in line 3 is not closed. Close it"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(path: Path, raw: bytes, message: str) -> None:
    path.write_bytes(raw)
    with pytest.raises(BadInput) as refused:
        read_list(path)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('url,title\n77,"open\n78,b\n79,c\n', 2),
        ('url,title\n77,"open\n78,b', 2),
        ('url,title\r\n77,a\r\n\r\n78,"\r\n', 4),
        ('url,title\n77,a"\n78,"b', 3),
        ('title,url,more\n"two\nlines",77,"open\n\n', 3),
        ('url,title\n77,"open\n78,b\n79,"c"\n80,d\n', 2),
        ('url,a,b\n77,"two\nlines","open\n78,b,c\n79,"say ""c""",d\n', 2),
        ('"open\n77\n"78"\n', 1),
    ],
)
def test_a_quote_that_is_not_closed_swallows_no_post(path: Path, text: str, line: int) -> None:
    with pytest.raises(BadInput, match=f"The quote that begins in line {line} is not closed"):
        ids(path, text)


@pytest.mark.parametrize(
    "title", ['"say "hi" there', 'say "hi"', '"a" b', '5" by 7"', '"""a"', '"two\nlines, "hi" there"', '"# ,"" #"']
)
def test_a_stray_quote_inside_a_cell_is_part_of_it(path: Path, title: str) -> None:
    assert ids(path, f"url,title\n77,{title}\n78,b\n") == [77, 78]


def test_a_cell_may_be_as_long_as_people_write(path: Path) -> None:
    former = csv.field_size_limit()
    assert ids(path, f'title,url\n"{"x" * 200_000}",77\n{"y" * 200_000},78\n') == [77, 78]
    assert csv.field_size_limit() == former


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(BadInput, match="posts.csv cannot be read: No such file"):
        read_list(path)


def test_an_empty_file_names_no_post(path: Path) -> None:
    assert ids(path, "\n# nothing\n") == []


def test_a_line_knows_where_it_stood() -> None:
    assert Line(12, "77").where == "line 12"
