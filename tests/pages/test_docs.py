import re
from collections.abc import Callable
from pathlib import Path

import pytest

from civitai_engagement.server.app import instructions
from civitai_engagement.server.guide import engagement_guide
from civitai_engagement.server.tool import names
from civitai_engagement.server.toolsets import EVERY
from docs.generate import PAGES, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROSE = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(ROOT.glob("docs/**/*.md"))
TOOLS = names()
ANSWERING = [name for name in TOOLS if name != "get_media_engagement_guide"]


@pytest.mark.parametrize(("name", "page"), PAGES.items(), ids=list(PAGES))
def test_a_generated_page_is_fresh(name: str, page: Callable[[], str]) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == page(), "run `make docs`"


@pytest.mark.parametrize("tool", ANSWERING)
def test_the_guide_and_the_instructions_know_every_tool(tool: str) -> None:
    assert f"`{tool}`" in engagement_guide()
    assert tool in instructions(EVERY)


@pytest.mark.parametrize("name", re.findall(r"`([a-z]+_[a-z_]+)[`(]", engagement_guide()))
def test_the_guide_names_no_tool_that_is_not_there(name: str) -> None:
    fields = {"has_more", "next_page", "next_offset", "gain_24h", "gain_7d", "by_type", "matched_by", "as_of"}
    details = {"include_details", "post_id", "civitai_id", "more_assets"}
    averages = {"mean_value", "mean_likes", "average_per_post", "at_age"}
    assert name in {*TOOLS, *fields, *details, *averages}  # tests/whole/test_guide.py looks each of them up


@pytest.mark.parametrize("word", re.findall(r"make ([a-z]+)", README))
def test_every_make_word_of_the_readme_is_in_the_makefile(word: str) -> None:
    assert re.search(rf"^{word}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("verb", re.findall(r"bin/civitai-engagement ([a-z]+)", README))
def test_every_command_of_the_readme_exists(verb: str) -> None:
    assert re.search(rf"^## civitai-engagement {verb}\b", PAGES["docs/commands.md"](), re.MULTILINE)


@pytest.mark.parametrize("page", PROSE, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_picture_is_shown_and_small() -> None:
    pictures = {path.name: path.stat().st_size for path in ROOT.glob("docs/images/*")}
    shown = {Path(link).name for page in PROSE for link in re.findall(r"\]\(([^)]+\.png)\)", page.read_text("utf-8"))}
    assert shown == pictures.keys()
    assert {name: size for name, size in pictures.items() if size >= 100_000} == {}


def test_every_decision_is_listed() -> None:
    pages = {page.name for page in (ROOT / "docs/decisions").glob("0*.md")}
    assert set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", (ROOT / "docs/decisions/README.md").read_text())) == pages


def test_the_index_leads_to_every_page() -> None:
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages <= set(re.findall(r"\(([\w-]+\.md)\)", (ROOT / "docs/README.md").read_text("utf-8")))


def test_the_instructions_fit_into_what_clients_keep() -> None:
    assert len(instructions(EVERY).encode()) < 2048


def test_the_answer_the_readme_quotes_was_given() -> None:
    quoted = re.sub(r"\n> ?", " ", README).partition("**`rate_post` answers:** ")[2].partition(" **You:**")[0].strip()
    assert quoted in (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
