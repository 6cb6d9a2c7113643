"""What creators ask, asked over real stdio; and the page of the answers."""

import re
from pathlib import Path

import pytest

from civitai_engagement.server.guide import engagement_guide
from civitai_engagement.server.tool import names
from docs.questions import PAGE, WHY, Cast, Story, conversation

CAST = Cast(latest=1, best=2, pushed=3, newcomer=4, image=5, some=(6,))
STORY = CAST.questions()
ASKED = [question.asked for question in (*STORY, *WHY)]
CALLED = {tool for question in (*STORY, *WHY) for tool, _ in question.calls}


def test_at_least_fifteen_questions_are_asked_and_the_page_answers_each() -> None:
    assert len(ASKED) >= 15
    page = PAGE.read_text(encoding="utf-8")
    assert re.findall("^## (.*)$", page, flags=re.MULTILINE) == ASKED


@pytest.mark.slow
def test_every_workflow_of_the_guide_is_asked_for() -> None:
    workflows = engagement_guide().partition("## Scenarios")[2].partition("## Metrics")[0]
    named = {name for name in names() if f"`{name}" in workflows}
    recording = {"record_civitai_post"}
    assert named - recording <= CALLED


@pytest.mark.slow
async def test_a_short_story_answers_every_question() -> None:
    page = await conversation(Story(days=3, posts=16))
    answers = re.findall(r"```text\n(.*?)\n", page)
    assert len(answers) == len(STORY)
    assert all(answer.endswith((".", ":")) for answer in answers), "each begins with a sentence complete alone"
    assert "http://" not in page
    assert str(Path("/tmp")) not in page  # a path of this machine would be told
