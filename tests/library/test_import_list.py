import csv
import json
from contextlib import suppress
from pathlib import Path

import pytest

from civitai_engagement.errors import BadInput
from civitai_engagement.library.importing.entries import ListLine
from civitai_engagement.library.importing.listing import read_list

URL = "https://civitai.com/posts/{}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "posts.csv"


def ids(path: Path, text: str | bytes) -> list[int | None]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [one.post_id for one in read_list(path, own_host="127.0.0.1") if not one.is_passed]


def told(path: Path, text: str) -> list[tuple[str, int | None, str]]:
    """Where each thing that is not simply a post stands, its id, and what is said of it."""
    path.write_text(text, encoding="utf-8")
    return [(one.where, one.post_id, one.reason) for one in read_list(path) if one.reason or one.is_passed]


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
        ('{"url": "https://civ', "not JSON"),
        ("[77]", "neither a URL nor an id"),
        ("true", "neither a URL nor an id"),
        ('{"title": "x"}', "none of url, post"),
        ('{"url": ["x"]}', "neither a URL nor an id"),
        ('"https://civitai.com/images/5"', "an image, not a post"),
        ("9" * 5000, "not JSON"),
    ],
)
def test_a_bad_line_of_json_says_why_and_the_next_is_read(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(f'{line}\n{{"post": 78}}\n')
    bad, good = read_list(path)
    assert (bad.number, bad.post_id, good.post_id) == (1, None, 78)
    assert reason in bad.reason


def test_a_bad_line_keeps_the_number_a_text_editor_shows(path: Path) -> None:
    path.write_text('title,url\n"two\nlines",77\n\n# x\n"three\n\nlines",nonsense\nA\n')
    first, comment, second, third = read_list(path)
    assert [one.number for one in (first, comment, second, third)] == [2, 5, 6, 9]
    assert "neither an id nor a URL" in second.reason
    assert (third.reason, third.is_passed) == ("it names no post", True)


def test_a_post_named_again_points_to_its_first_line(path: Path) -> None:
    path.write_text(f"77\n78\n{URL.format(77)}\n77\n")
    assert [one.first for one in read_list(path)] == ["", "", "line 1", "line 1"]


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


PRETTY = json.dumps(
    {
        "items": [
            {"id": 900, "url": "https://image.civitai.com/x/y.jpeg", "postId": 77, "modelVersionIds": [128, 691]},
            {"id": 901, "postId": 78, "stats": {"likeCount": 5}},
        ],
        "metadata": {"nextCursor": 4},
    },
    indent=2,
)


@pytest.mark.parametrize("name", ["page.json", "page.jsonl", "page.txt", "page.csv"])
@pytest.mark.parametrize(
    "text",
    [
        PRETTY,
        json.dumps(json.loads(PRETTY)),
        json.dumps(json.loads(PRETTY)["items"], indent=2),
        "[\n  77,\n  78\n]\n",
        "[77, 78]",
        '[\n  "77",\n  "https://civitai.com/posts/78."\n]',
        '[77.0, null, "78"]',
        '{"items": [77, 78]}\n',
        '[{"post_id": 77, "post_id": 77}, {"Post URL": "https://civitai.com/posts/78", "url": "https://x.example/"}]',
    ],
)
def test_a_json_document_is_read_as_one(tmp_path: Path, name: str, text: str) -> None:
    assert [one for one in ids(tmp_path / name, text) if one] == [77, 78]


def test_pages_of_an_api_may_stand_one_in_a_line(tmp_path: Path) -> None:
    page = json.dumps(json.loads(PRETTY))
    other = '{"items": [{"id": 9, "postId": 79, "modelVersionIds": [5]}], "metadata": {}}'
    assert ids(tmp_path / "pages.jsonl", f"{page}\n{other}\n") == [77, 78, 79]


@pytest.mark.parametrize("name", ["page.json", "page.jsonl", "page.txt"])
@pytest.mark.parametrize("text", [PRETTY[:-3], PRETTY.replace("900,", "900,,"), "[\n  77,\n  78,\n", PRETTY + PRETTY])
def test_a_document_that_is_not_whole_names_no_post(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(BadInput, match="JSON over several lines, but line [0-9]+ breaks it"):
        ids(tmp_path / name, text)


def test_in_pieces_of_a_document_a_number_is_not_taken_for_a_post(tmp_path: Path) -> None:
    text = '[\n{"id": 900, "postId": 77}\n,\n{\n"modelVersionIds": [\n128,\n691\n]}\n'
    assert [one for one in ids(tmp_path / "page.jsonl", text) if one] == [77]


def test_beside_objects_a_number_is_not_known_to_be_a_post_s(path: Path) -> None:
    said = told(path, '[{"post": 77}, 78]')
    assert said == [("entry 2", None, "A number alone is the id of a post only in a list of ids.")]


@pytest.mark.parametrize("text", ['{"error": "busy"}', "true", '[["77"]]', '{"ids": [77, 78]}', "[77.5]", "[NaN]"])
def test_json_without_posts_names_none(tmp_path: Path, text: str) -> None:
    assert ids(tmp_path / "page.json", text) == [None]


HEADERS = "HTTP/2 200\ndate: 1 Dec\ncontent-length: 45\n\n"
VERSIONS = "128,\n691\n"
PIECES = {
    "an answer with its headers": HEADERS + PRETTY,
    "an answer in chunks": f"HTTP/1.1 200 OK\n\n418\n{json.dumps(json.loads(PRETTY)['metadata'])}\n0\n",
    "code": f"const data = {PRETTY};",
    "code with ids": f"ids = [\n{VERSIONS}]\n",
    "code of another kind": f"ids = (\n{VERSIONS})\n",
    "a call": f"callback({PRETTY});",
    "a piece from the middle": f'"modelVersionIds": [\n{VERSIONS}],\n',
    "its end": f"691\n],\n{VERSIONS}",
    "a list begun in the line of its name": '"stats": {\n"ids": [128,\n691],\n700\n',
    "as Python prints it": "'a': 1,\n'ids': [128,\n691]}\n700\n",
    "words before it": f"here it is:\n{PRETTY}",
    "a comment before it": f"# page 1\n{PRETTY}",
    "a comment of code before it": f"// page 1\n{PRETTY}",
    "in a fence": f"```json\n{PRETTY}\n```\n",
    "without its first line": PRETTY[2:],
    "under a header": f"post_id\n{PRETTY[2:]}",
    "under a header of two": f"post_id,title\n{PRETTY[2:]}",
    "with carriage returns": f"x\r\n{PRETTY}".replace("\n", "\r\n"),
    "markup": "<ids>\n<id>\n128\n</id>\n</ids>\n",
    "a statement": f"select 1 where id in (\n{VERSIONS});\n",
}


@pytest.mark.parametrize("name", ["page.txt", "page.csv", "page.json"])
@pytest.mark.parametrize("kind", PIECES)
def test_a_number_beside_pieces_of_something_larger_is_no_post(tmp_path: Path, name: str, kind: str) -> None:
    found: list[int | None] = []
    with suppress(BadInput):
        found = ids(tmp_path / name, PIECES[kind])
    assert set(found) <= {None}


def test_pieces_are_refused_by_line_with_what_to_do_and_addresses_beside_them_are_read(path: Path) -> None:
    text = f"{URL.format(77)}\n" + '"modelVersionIds": [\n128\n]\n' + f"{URL.format(78)}\nnonsense\n"
    said = {where: reason for where, post_id, reason in told(path, text)}
    piece = "This is a piece of something larger, not a line of a list. Save JSON alone as a .json file, or cut out"
    assert ids(path, text) == [77, None, None, None, 78, None]
    assert said["line 2"].startswith(piece)
    assert said["line 3"].startswith("A number alone is the id of a post only in a list of ids, and line 2 is a piece")
    assert said["line 4"].startswith(piece)
    assert said["line 6"] == "'nonsense' is neither an id nor a URL."


@pytest.mark.parametrize(
    "text",
    [
        "post_id,title\n77,weird [\n78,b {\n",
        'post_id,title\n77,"Dune": part two\n78,"{"\n',
        'post_id,title\n77,"a {\n}\n"\n78,b\n',
        'post_id,meta\n77,{"a": 1}\n78,[1]\n',
        "(77)\n[78]\n",
        "<https://civitai.com/posts/77>\n78\n",
        "[mine](https://civitai.com/posts/77)\n78\n",
    ],
)
def test_brackets_in_words_and_around_ids_are_no_pieces(path: Path, text: str) -> None:
    assert ids(path, text) == [77, 78]


TITLED = "title,url\n#1 best,https://civitai.com/posts/77\n{}\nplain,https://civitai.com/posts/78\n"


@pytest.mark.parametrize("row", ["# a comment", "#2, of three, cells", "# url"])
def test_under_a_header_a_row_may_begin_with_a_hash_and_a_comment_is_counted(path: Path, row: str) -> None:
    assert ids(path, TITLED.format(row)) == [77, 78]
    assert told(path, TITLED.format(row)) == [("line 3", None, "")]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (TITLED.format("# these,are mine"), "'are mine' is neither an id nor a URL."),
        ("post_id,title\n77,a\n#101,b\n78,c\n", "'#101' is neither an id nor a URL."),
        ("post_id\n77\n#101\n78\n", "'#101' is neither an id nor a URL."),
    ],
)
def test_a_row_that_begins_with_a_hash_and_names_no_post_is_refused(path: Path, text: str, row: str) -> None:
    assert ids(path, text) == [77, None, 78]
    [(where, post_id, reason)] = told(path, text)
    assert (where, post_id, reason) == ("line 3", None, row)


def test_in_a_list_of_one_column_words_behind_a_hash_are_a_comment(path: Path) -> None:
    assert told(path, "post_id\n77\n# these are mine\n78\n") == [("line 3", None, "")]


def test_a_quoted_cell_may_begin_with_a_hash_anywhere(path: Path) -> None:
    text = TITLED.format('"#good, all",https://civitai.com/posts/79')
    assert ids(path, text) == [77, 79, 78]
    assert ids(path, '"#1",https://civitai.com/posts/77\n"#2",https://civitai.com/posts/78\n') == [77, 78]


def test_a_line_that_begins_with_a_hash_is_a_comment_where_there_is_no_header(path: Path) -> None:
    text = "# mine\n77,\n#1 best,https://civitai.com/posts/9\n78,\n".replace("77,", "https://civitai.com/posts/77,a")
    assert ids(path, text.replace("78,", "https://civitai.com/posts/78,b")) == [77, 78]


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\r\nurl;title\r\nhttps://civitai.com/posts/77;a\r\nhttps://civitai.com/posts/78;b\r\n",
        '"sep=|"\npost|title\n77|a, b, c\n78|d\n',
        "SEP=\t\npost\tlikes\n77\t1\n78\t2\n",
        ",post_id,likes\n0,77.0,5\n1,78.00,\n2,,3\n",
        "postId,likes\n77,1\n78,2\n",
        "Post ID;Post URL\n77;\n;https://civitai.com/posts/78\n",
        "url,post_id\nhttps://image.civitai.com/x/y/original=true/y.jpeg,77\nhttps://x.example/y.png,78\n",
        "post_id,post_id\n77,77\n,78\n",
        "post,title\n77,a\npost,title\n78,b\n",
        '"title, with; all|of\tthem";url\na;https://civitai.com/posts/77\nb;https://civitai.com/posts/78\n',
        '"first\nline";"a, b, c, d";post\nx;y;77\nx;y;78\n',
        "#;url\n1;https://civitai.com/posts/77\n2;https://civitai.com/posts/78\n",
        "url\n<https://civitai.com/posts/77>\n[b](https://civitai.com/posts/78).\n",
        "civitai_id,civitai_url\n77,\n78,https://civitai.com/posts/78\n",
    ],
)
def test_what_spreadsheets_and_scripts_write_is_read(path: Path, text: str) -> None:
    assert ids(path, text) == [77, 78]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("post_id,civitai_url\n12,https://civitai.com/posts/77\n", "post_id says post 12, but civitai_url says 77."),
        ("post_id,civitai_id\n12,77\n", "post_id says post 12, but civitai_id says 77."),
        ("post_id,post_id\n12,77\n", "post_id says post 12, but post_id says 77."),
        ("civitai_id,civitai_url\n501,https://civitai.com/images/501\n", "That is an image, not a post."),
    ],
)
def test_cells_that_contradict_each_other_are_no_choice(path: Path, text: str, reason: str) -> None:
    [(where, post_id, said)] = told(path, text)
    assert (where, post_id) == ("line 2", None)
    assert said.startswith(reason)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "utf-16"])
@pytest.mark.parametrize("name", ["u.csv", "u.json"])
def test_unicode_of_any_width_is_read_without_a_mark_too(tmp_path: Path, encoding: str, name: str) -> None:
    text = "url,title\r\nhttps://civitai.com/posts/77,Über 漢字\r\n" if name == "u.csv" else '[\r\n"77"]'
    assert ids(tmp_path / name, text.encode(encoding)) == [77]


def test_bytes_that_are_no_text_are_refused(path: Path) -> None:
    with pytest.raises(BadInput, match="is not text in UTF-8"):
        ids(path, b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00b")


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(BadInput, match="posts.csv cannot be read: No such file"):
        read_list(path)


def test_an_empty_file_names_no_post(path: Path) -> None:
    assert ids(path, "\n# nothing\n") == []


def test_a_line_knows_where_it_stood() -> None:
    assert ListLine(12, "77").where == "line 12"
