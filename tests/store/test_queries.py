from dataclasses import dataclass
from importlib.resources import files

import pytest

from civitai_engagement.store import queries
from civitai_engagement.store.queries import fields, given, load, parse

TWO = """-- first --
-- Say one.
select :a + :b + :a

-- second --
-- Say another.
select ':not', x::text, y[1:2], :a
where true /* conditions */
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    name: str | None = None
    number: int | None = None


def test_a_file_is_split_into_named_statements_without_their_sentences() -> None:
    assert list(parse(TWO)) == ["first", "second"]
    assert parse(TWO)["first"].sql == "select $1 + $2 + $1"


def test_a_parameter_is_passed_once_however_often_it_stands() -> None:
    assert parse(TWO)["first"].parameters == ("a", "b")


def test_casts_and_slices_are_no_parameters() -> None:
    assert "x::text, y[1:2], $" in parse(TWO)["second"].sql


def test_conditions_stand_at_their_mark_and_bring_their_parameters() -> None:
    narrowed = parse(TWO)["second"].where("p = :p", "q = :q")
    assert narrowed.sql.endswith("where true and p = $3 and q = $4")
    assert narrowed.parameters[-2:] == ("p", "q")


def test_another_source_stands_at_its_mark_and_brings_its_parameters() -> None:
    drawn = parse("-- one --\nselect x from t as a /* source */ where true /* conditions */")["one"].of("f(:w) as g")
    assert (drawn.sql, drawn.parameters) == ("select x from f($1) as g where true /* conditions */", ("w",))
    assert drawn.where("x = :y").parameters == ("w", "y")


def test_without_conditions_a_statement_is_itself() -> None:
    second = parse(TWO)["second"]
    assert second.where() is second


def test_a_filter_gives_only_what_it_names() -> None:
    assert given(Wanted(number=0)) == {"number": 0}
    assert fields(Wanted(number=0)) == {"name": None, "number": 0}


@pytest.mark.parametrize("name", [path.name for path in files(queries.__package__).joinpath("sql").iterdir()])
def test_every_block_says_in_one_sentence_what_it_does(name: str) -> None:
    text = files(queries.__package__).joinpath("sql", name).read_text(encoding="utf-8")
    blocks = load(name.removesuffix(".sql"))
    assert blocks
    for block in blocks:
        following = text.split(f"-- {block} --\n")[1]
        assert following.startswith("-- ")
