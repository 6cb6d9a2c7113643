"""A chart through the doors: what one names is read, a picture goes over stdio and to a file."""

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mcp.types import ImageContent, TextContent

from civitai_engagement.errors import BadInput
from civitai_engagement.inputs.subjects import any_subject
from civitai_engagement.records.filters import Subject

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.server.conftest import Program

PNG = b"\x89PNG"
NAMED = {
    "77": Subject(post_id=77),
    " https://civitai.com/posts/77?x=1 ": Subject(post_id=77),
    "https://civitai.com/images/5": Subject(image_id=5),
    "ana": Subject(creator="ana"),
    "@Ana_2": Subject(creator="Ana_2"),
    "https://civitai.com/user/Boreal": Subject(creator="Boreal"),
}


@pytest.mark.parametrize("text", NAMED)
def test_a_post_an_image_or_a_creator_is_read_from_one_word(text: str) -> None:
    assert any_subject(text, "civitai.com") == NAMED[text]


@pytest.mark.parametrize("text", ["https://civitai.com/models/5", "no name", "https://elsewhere.example/posts/77", ""])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        any_subject(text, "civitai.com")


@pytest.mark.slow
@pytest.mark.no_cover
async def test_an_assistant_gets_the_picture_over_stdio_and_a_person_in_a_file(
    ledger: "Program", tmp_path: Path
) -> None:
    async with ledger.client() as client:
        await client.call_tool("record_civitai_post", {"posts": ["77"]})
        result = await client.call_tool("chart_engagement", {"posts": ["77"], "by": "age"})
    told, picture = result.content
    assert isinstance(told, TextContent)
    assert isinstance(picture, ImageContent)
    assert told.text.startswith("Post 77 (5 media) stood at 150 reactions and comments at the age of ")
    assert base64.b64decode(picture.data).startswith(PNG)
    drawn = tmp_path / "together.png"
    code, printed, said = await ledger.run("chart", "77", "999", "--by", "age", "--output", str(drawn))
    assert (code, said) == (0, "")
    assert printed.startswith("Post 77 (5 media) stood at 150 reactions and comments at the age of ")
    assert printed.endswith(f"No history of post 999 is stored.\nDrawn to {drawn}.\n")
    assert drawn.read_bytes().startswith(PNG)
    code, _, said = await ledger.run("chart", "77", "--output", str(tmp_path / "lines.SVG"))
    assert (code, said, b"<svg" in (tmp_path / "lines.SVG").read_bytes()[:1_000]) == (0, "", True)
    code, _, said = await ledger.run("chart", "77", "--output", str(tmp_path / "photo.jpg"))
    assert (code, said) == (1, "photo.jpg: charts are drawn as PNG or SVG. Name the file .png or .svg.\n")
    assert not (tmp_path / "photo.jpg").exists()
    code, _, said = await ledger.run("chart", "ana", "--output", str(tmp_path))
    assert (code, said) == (1, f"{tmp_path} cannot be written: Is a directory. Name another file.\n")
