"""`civitai-engagement chart`: what one names is read, and a picture is written to a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from civitai_engagement.errors import BadInput
from civitai_engagement.server.arguments import any_subject
from civitai_engagement.store.history import Subject

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.server.conftest import Program

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
async def test_a_chart_is_drawn_to_a_file_and_told(program: "Program", furnished: Path, tmp_path: Path) -> None:
    await program.run("record", "77", "88")
    picture = tmp_path / "together.png"
    code, printed, said = await program.run("chart", "77", "88", "999", "--by", "age", "--output", str(picture))
    assert (code, said) == (0, "")
    assert printed.startswith("Reactions and comments by age: post 77 (5 media) stood at 150 at the age of ")
    assert printed.endswith(f"No history of post 999 is stored.\nDrawn to {picture}.\n")
    assert picture.read_bytes().startswith(b"\x89PNG")
    code, _, said = await program.run("chart", "ana", "--output", str(tmp_path))
    assert (code, said) == (1, f"{tmp_path} cannot be written: Is a directory. Name another file.\n")
