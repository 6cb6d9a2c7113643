"""What goes with reactions, as answers tell it: of many creators, of one beside others, and of models."""

import base64
import builtins
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from mcp.types import ImageContent, TextContent

from civitai_engagement.answers.answer import Answer
from civitai_engagement.answers.export.answered import sheet
from civitai_engagement.answers.over_time.effect_chart import plot_of
from civitai_engagement.answers.why.made_rows import MadeRows
from civitai_engagement.answers.why.model_comparison import ModelOptions
from civitai_engagement.answers.why.model_comparison import answer_of as models_of
from civitai_engagement.answers.why.parameter_effects import EffectOptions, ParameterEffects, answer_of
from civitai_engagement.answers.why.studied_media import StudiedMedia, hours_of, modelling
from civitai_engagement.errors import BadInput, BadSetup
from civitai_engagement.modelling.studied import study
from civitai_engagement.records.features import MadeRow
from civitai_engagement.records.findings import EVERYTHING, ModelKind, Study
from civitai_engagement.records.made import MadeCoverage, MadeScope
from tests.growing import Grown, write
from tests.house import START
from tests.makers import made

if TYPE_CHECKING:
    from tests.house import House

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)
MOST_TOKENS = 3_000
VERDICTS = {"more", "less", "cannot tell", "too few"}
NOT_SAID = (" because", " causes", " thanks to", " leads to", " due to")


def studied(rows: Sequence[MadeRow], *, creator: str | None = None, **more: int) -> StudiedMedia:
    told = {"by_success": 0, "unknown": 0, "unread": 0, "without_parameters": 3} | more
    coverage = MadeCoverage(media=len(rows), counted=len(rows), posts=0, creators=0, as_of=NOON, **told)
    read = MadeRows(list(rows), projected=5, uncounted=2, coverage=coverage, is_whole=True)
    return StudiedMedia(MadeScope(creator=creator), 72, read)


@pytest.fixture(scope="module")
def many() -> ParameterEffects:
    return answer_of(EffectOptions(), studied(made()), None)


@pytest.fixture(scope="module")
def own() -> ParameterEffects:
    return answer_of(EffectOptions(creator="maker_40"), _sixty(), studied(made()))


def _sixty() -> StudiedMedia:
    return studied(made(1, 60, doubled=1.0, first=40, seed=43), creator="maker_40")


def row(answer: ParameterEffects, what: str) -> dict[str, Any]:
    [found] = [one for one in answer.rows if one.what == what]
    return found.model_dump(exclude_unset=True)


def test_what_goes_with_more_is_told_with_ratio_interval_posts_and_creators(many: ParameterEffects) -> None:
    steps = row(many, "steps")
    assert (steps["verdict"], steps["contrast"]) == ("more", "a doubling")
    assert 1 < steps["low"] < 1.5 < steps["high"]
    assert steps["q"] <= 0.05
    assert sum(steps["posts"]) >= 400
    assert steps["creators"] >= 25
    assert many.summary.startswith("In 600 posts by 30 creators, steps x1.")
    assert "goes with more reactions; " in many.summary
    assert many.summary.endswith("tested cannot be told from chance.")


def test_what_cannot_be_told_says_so_and_which_ratio_would_have_shown(many: ParameterEffects) -> None:
    cfg = row(many, "CFG")
    assert cfg["verdict"] == "cannot tell"
    assert cfg["could_show"] > 1
    assert many.of.could_not_show
    assert many.of.could_not_show > 1
    assert {one.verdict.partition(" be ")[0] for one in many.rows} <= VERDICTS | {"cannot"}


def test_a_number_is_told_in_thirds_too(many: ParameterEffects) -> None:
    first, *rest = row(many, "steps")["thirds"]
    assert first[3] == 1.0
    assert rest[-1][3] > 1.2
    assert any(line.startswith("steps by thirds: 15 to ") for line in many.as_text().splitlines())


def test_everything_tested_counts_shown_or_not(many: ParameterEffects) -> None:
    few = answer_of(EffectOptions(limit=1), studied(made()), None)
    assert [one.what for one in few.rows] == ["steps"]
    assert sum(few.not_shown.values()) == len(many.rows) - 1
    assert few.of.tested == many.of.tested
    assert few.rows[0].q == many.rows[0].q
    only = answer_of(EffectOptions(parameters=("cfg", "flux capacitor")), studied(made()), None)
    assert [one.what for one in only.rows] == ["CFG"]
    assert only.rows[0].thirds is None or len(only.rows[0].thirds) == 3
    assert any(note.startswith("Not asked: flux capacitor. Asked are ") for note in only.notes)


def test_a_creator_with_sixty_posts_hears_what_theirs_cannot_tell_what_others_show_and_what_finding_out_costs(
    own: ParameterEffects,
) -> None:
    assert own.summary.startswith("Nothing in maker_40's 60 posts can be told from chance (")
    assert "could not have shown); others' 600 posts by 30 creators show steps x1." in own.summary
    assert own.summary.endswith((" fits.", " differs."))
    assert own.experiment.a_side_for_2
    assert own.experiment.a_side_for_1_5
    assert own.experiment.a_side_for_2 < own.experiment.a_side_for_1_5
    assert "decided when the last is in, not before" in own.as_text()
    assert own.of.others
    assert (own.of.creator, own.of.others.creators) == ("maker_40", 30)


def test_own_and_others_are_weighed_together_by_how_sure_each_is(own: ParameterEffects) -> None:
    steps = row(own, "steps")
    assert steps["others_verdict"] == "more"
    ratio, low, high = steps["together"]
    assert min(steps["ratio"], steps["others"][0]) <= ratio <= max(steps["ratio"], steps["others"][0])
    assert high / low <= steps["high"] / steps["low"]


def test_what_others_do_and_a_creator_does_not_is_told_as_others_show_it() -> None:
    plain = [replace(one, features=replace(one.features, steps=None)) for one in _sixty().rows]
    told = answer_of(EffectOptions(creator="maker_40"), studied(plain, creator="maker_40"), studied(made()))
    steps = row(told, "steps")
    assert (steps["verdict"], steps["posts"], "ratio" in steps) == ("too few", [0, 0], False)
    assert steps["others"][0] > 1


def test_nobody_else_followed_is_said() -> None:
    told = answer_of(EffectOptions(creator="maker_40"), _sixty(), None)
    assert told.summary.endswith("nobody else is followed to compare with.")


@pytest.mark.parametrize("rows", [[], made(1, 3), made(2, 12), made(30, 20, doubled=1.0, seed=8)])
def test_little_or_nothing_is_told_as_such(rows: list[MadeRow]) -> None:
    told = answer_of(EffectOptions(), studied(rows), None)
    assert "can be told from chance" in told.summary or "too few to compare anything" in told.summary
    assert not [one for one in told.rows if one.verdict in ("more", "less")]
    assert models_of(ModelOptions(kind=ModelKind.CHECKPOINT), studied(rows), None).summary.endswith(".")


def test_what_is_left_out_is_counted_and_why() -> None:
    told = answer_of(EffectOptions(), studied(made(), by_success=7, unread=4), None)
    [left] = [note for note in told.notes if "left out are" in note]
    assert "2 without a count at that age" in left
    assert "7 found by sorting by success, among which everything seems to matter less than it does" in left
    assert "4 whose parameters are not read yet" in left
    assert any("5 of them projected from their last look" in note for note in told.notes)


def test_a_seed_that_seems_to_matter_warns_of_the_whole_table() -> None:
    def lucky(one: MadeRow) -> MadeRow:
        return replace(one, count=one.count * 3 if one.features.is_seed_odd else one.count)

    told = answer_of(EffectOptions(), studied([lucky(one) for one in made()]), None)
    assert told.notes[0].endswith("do not trust this table.")
    assert row(told, "odd seed")["verdict"] == "more"


def test_two_things_always_together_cannot_be_told_apart() -> None:
    def twin(one: MadeRow) -> MadeRow:
        used = ("ink",) if (one.features.cfg or 0) > 5 else ()
        loras = None if one.features.cfg is None else used
        return replace(one, features=replace(one.features, loras=loras, clip_skip=2 if used else 1))

    told = answer_of(EffectOptions(), studied([twin(one) for one in made()]), None)
    verdicts = {one.what: one.verdict for one in told.rows}
    assert verdicts["LoRA ink"].startswith("cannot be told apart from ")
    assert "ratio" not in row(told, "LoRA ink")


def test_models_are_compared_by_what_the_same_creators_other_media_have() -> None:
    def better(one: MadeRow) -> MadeRow:
        return replace(one, count=one.count * 2 if one.features.checkpoint == "lantern" else one.count)

    question = ModelOptions(kind=ModelKind.CHECKPOINT, names=("LANTERN", "harbour", "nosuch"))
    told = models_of(question, studied([better(one) for one in made()]), None)
    found = {one.name: one for one in told.rows}
    assert (found["lantern"].verdict, found["harbour"].verdict) == ("more", "less")
    assert (found["lantern"].low or 0) > 1
    assert found["lantern"].share == pytest.approx(0.5, abs=0.06)
    assert told.pairs == [("lantern", "harbour", 1.0)]
    assert "lantern does better than harbour: more than 99 % sure" in told.as_text()
    assert any("nosuch" in note for note in told.notes)
    assert "lantern x" in told.summary


def test_models_of_one_creator_stand_beside_others() -> None:
    question = ModelOptions(kind=ModelKind.CHECKPOINT, creator="maker_40")
    told = models_of(question, _sixty(), studied(made()))
    assert told.of.others
    assert told.rows[0].others
    assert "|others|from|to" in told.as_text()


def answers() -> list[Answer]:
    wide = made(30, 40)
    many = [replace(one, features=_crowded(one, place)) for place, one in enumerate(wide)]
    alone, question = studied(many[:60], creator="x" * 60), EffectOptions(creator="x" * 60, limit=60)
    return [
        answer_of(EffectOptions(limit=20), studied(many), None),
        answer_of(replace(question, limit=20), alone, studied(many)),
        models_of(ModelOptions(kind=ModelKind.LORA), studied(many), None),
        models_of(ModelOptions(kind=ModelKind.CHECKPOINT, creator="x" * 60), alone, studied(many)),
    ]


def _crowded(one: MadeRow, place: int) -> Any:
    long = f"a LoRA of a very long name that people really give {place % 40} " * 2
    return replace(one.features, loras=(long,), sampler=f"sampler of a long name {place % 5}")


def test_answers_fit_into_three_thousand_tokens_and_claim_no_cause() -> None:
    for answer in answers():
        text = answer.as_text()
        data = json.dumps(answer.model_dump(mode="json", exclude_unset=True), separators=(",", ":"))
        assert len(text.encode()) / 4 <= MOST_TOKENS, answer.summary
        assert len(data.encode()) / 4 <= MOST_TOKENS, answer.summary
        assert not [said for said in NOT_SAID if said in text.lower()]
        assert sheet(answer).rows


def test_the_chart_of_effects_tells_the_same_in_rows(own: ParameterEffects) -> None:
    made_ = plot_of(own)
    assert made_.answer.summary == own.summary
    assert made_.answer.by == "effect"
    assert len(made_.chart.bars) == len(made_.answer.effects)
    [bar] = [one for one in made_.chart.bars if one.label == "steps, a doubling"]
    assert bar.own
    assert bar.others
    assert bar.own.ratio == row(own, "steps")["ratio"]
    assert made_.answer.as_text().splitlines()[1].startswith("what|contrast|times|")


async def test_what_is_too_much_to_compare_live_is_told_as_the_last_night_found_it(house: "House") -> None:
    found = study(made())
    async with house.runtime.store.writing() as ledger:
        for question, rows in found.items():
            await ledger.findings.keep(Study(question, EVERYTHING, 72, NOON, 20_000, 30, rows, 1.0))
    told = await house.good("find_parameter_effects")
    assert told["summary"].startswith("In 600 posts by 30 creators, steps x1.")
    assert "All: as studied at 2026-08-01 12:00 UTC, 20,000 media." in told["notes"]
    assert told["as_of"] == "2026-08-01T12:00:00Z"
    models = await house.good("compare_models", kind="checkpoint")
    assert {one["name"] for one in models["rows"]} == {"harbour", "lantern"}
    refused = await house.call("find_parameter_effects", base_model="Pony")
    assert refused.is_error, "the study was of all, not of one base model"
    assert refused.text.startswith("No media is stored that this asks about.")


async def test_a_picture_of_effects_comes_with_the_same_in_rows_and_is_of_one_creator_or_of_all(house: "House") -> None:
    async with house.runtime.store.writing() as ledger:
        rows = study(made())["parameters"]
        await ledger.findings.keep(Study("parameters", EVERYTHING, 72, NOON, 20_000, 30, rows, 1.0))
    async with house.client() as client:
        result = await client.call_tool("chart_engagement", {"by": "effect"})
    told, picture = result.content
    assert isinstance(told, TextContent)
    assert isinstance(picture, ImageContent)
    assert base64.b64decode(picture.data).startswith(b"\x89PNG")
    assert told.text.startswith("In 600 posts by 30 creators, steps x1.")
    assert {one["what"] for one in (result.structured_content or {})["effects"]} >= {"steps", "CFG"}
    refused = await house.call("chart_engagement", by="effect", posts=["77"])
    assert refused.text == "Effects are of one creator or of all. Name one creator, or nobody."


async def test_media_found_by_their_success_are_refused_in_words(house: "House") -> None:
    grown = [Grown(n, post=n, born=START, likes=((1, 4), (24, 30)), seen_to=48) for n in range(1, 30)]
    await write(house.database_url, grown)
    await house.run("update image_tracking set source = 'sampled', found_by = 'success'")
    for tool in ("find_parameter_effects", "compare_models"):
        told = await house.call(tool)
        assert told.is_error
        assert "were found because they did well, so they cannot say what makes media do well." in told.text


@pytest.mark.parametrize("missing", ["numpy", "scipy"])
def test_without_the_extra_one_line_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def hindered(name: str, *given: Any, **named: Any) -> Any:
        if name.partition(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return plain(name, *given, **named)

    for name in [one for one in sys.modules if one.startswith("civitai_engagement.modelling")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("civitai_engagement.modelling.studied", raising=False)
    monkeypatch.setattr(builtins, "__import__", hindered)
    with pytest.raises(BadSetup) as said:
        modelling()
    assert "civitai-engagement[why]" in str(said.value)
    assert "\n" not in str(said.value)


@pytest.mark.parametrize(("text", "hours"), [("72h", 72), (" 24 H", 24), ("7d", 168), ("3d", 72)])
def test_three_ages_are_compared_at(text: str, hours: int) -> None:
    assert hours_of("at_age", text) == hours


@pytest.mark.parametrize("text", ["", "48h", "soon", "72"])
def test_another_age_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(BadInput, match="Pass 24h, 72h or 7d"):
        hours_of("at_age", text)
