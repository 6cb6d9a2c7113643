"""What the house keeps to, read off its own code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import grimp

import civitai_engagement
from civitai_engagement.records.provenance import Source

HOUSE = Path(civitai_engagement.__file__).parent


def modules(*, outside: str) -> Iterator[tuple[str, ast.Module]]:
    """Give the modules of the house that stand outside one room."""
    for path in sorted(HOUSE.rglob("*.py")):
        place = path.relative_to(HOUSE)
        if place.parts[0] != outside:
            yield str(place), ast.parse(path.read_text(encoding="utf-8"))


def test_a_connection_to_the_database_stays_inside_the_store() -> None:
    taken = [
        f"{place}:{node.lineno}"
        for place, tree in modules(outside="store")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"connection", "_connection"}
    ]
    assert not taken, "ask the ledger for a noun; a statement that is missing there is a method of one"


def test_why_a_media_is_followed_and_how_it_was_read_are_named_by_their_enums() -> None:
    spelled = [
        f"{place}:{node.value.lineno}"
        for place, tree in modules(outside="sandbox")
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant)
        if node.arg == "route" or (node.arg == "source" and node.value.value in set(Source))
    ]
    assert not spelled, "a fall is proved by the number of routes: a word misspelled would be one more"


RETIRED = {
    *(
        "shelf",
        "shelves",
        "spell",
        "spells",
        "purse",
        "purses",
        "errand",
        "errands",
        "skill",
        "skills",
        "shift",
        "shifts",
    ),
    *("vantage", "manner", "manners", "glance", "glances", "knot", "knots", "sighting", "sightings", "fate", "fates"),
    *("wish", "wishes", "contest", "contests", "duty", "duties"),
}
ROWS = ("records/tables/", "sandbox/")  # rows are named as what they hold; the simulator is a world apart
DOORS = ("cli/", "server/tools/")
MOST_LOADED_LATE = 30


def every_module() -> list[tuple[str, ast.Module]]:
    return list(modules(outside=""))


def test_a_public_class_name_stands_for_one_thing() -> None:
    homes: dict[str, list[str]] = {}
    for place, tree in every_module():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not place.startswith(ROWS):
                homes.setdefault(node.name, []).append(place)
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def named(node: ast.AST) -> list[str]:
    """Give the names that a piece of code makes or uses."""
    found = (getattr(node, field, None) for field in ("name", "id", "attr", "arg"))
    return [name for name in found if isinstance(name, str)]


def words_of(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_names_use_the_words_of_the_glossary_and_none_that_it_replaced() -> None:
    retired = [
        f"{place}: {name}"
        for place, tree in every_module()
        for node in ast.walk(tree)
        for name in named(node)
        if words_of(name) & RETIRED
    ]
    assert not retired, "docs/glossary.md has the word of the field"


def test_no_modules_import_each_other_in_a_circle() -> None:
    imported = imports_between_modules()
    while leaves := [name for name, needs in imported.items() if not needs & imported.keys()]:
        for name in leaves:
            del imported[name]
    assert imported.keys() == set(), "these modules need each other, or one that does"


def imports_between_modules() -> dict[str, set[str]]:
    """Give what each module imports of the house, wherever it does, but for the types alone."""
    graph = grimp.build_graph("civitai_engagement", exclude_type_checking_imports=True)
    return {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}


def test_a_module_is_read_in_one_sitting() -> None:
    long = {str(path.relative_to(HOUSE)): len(path.read_text("utf-8").splitlines()) for path in HOUSE.rglob("*.py")}
    assert {place: lines for place, lines in long.items() if lines > 300} == {}


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_functions_stay_short() -> None:
    lines = [(node.end_lineno or 0) - node.lineno + 1 for _, tree in every_module() for node in functions(tree)]
    assert median(lines) <= 5
    assert sum(number < 15 for number in lines) >= 0.9 * len(lines)


def test_what_is_loaded_late_is_loaded_at_the_doors() -> None:
    late = {
        f"{place}:{inner.lineno}"
        for place, tree in every_module()
        if not place.startswith(DOORS)
        for node in functions(tree)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }
    assert len(late) <= MOST_LOADED_LATE, f"a command or a tool loads what it needs; rooms import at the top: {late}"
