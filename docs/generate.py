"""Write the pages that follow from the code: settings, tools, commands, .env.example. `make docs` runs it."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer.main
from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from civitai_engagement.cli.commands import app
from civitai_engagement.server.tool import load, names
from civitai_engagement.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
MADE = "<!-- Made by `make docs`; do not edit. -->"


def variable(name: str, field: FieldInfo) -> str:
    """Name the environment variable of a setting."""
    if isinstance(field.validation_alias, AliasChoices):
        return str(field.validation_alias.choices[0])
    return f"{PREFIX}{name.upper()}"


def default(name: str, field: FieldInfo) -> str:
    if name == "home":
        return "the user's data folder (as root: /var/lib/civitai-engagement)"
    if field.default is None or field.default == "":
        return "unset"
    if isinstance(field.default, timedelta):
        return f"{field.default.total_seconds():g}"
    return str(field.default)


def settings() -> str:
    rows = [
        f"| `{variable(name, field)}` | {default(name, field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(
        [
            "# Settings",
            MADE,
            "",
            "Each is an environment variable, or a line of the file `.env` in the folder `CIVITAI_ENGAGEMENT_HOME`,",
            "which itself is set in the environment. Let nobody else read that file (`chmod 600`). A `.env` in the",
            "folder the program is started in is not read: hosts start it in folders of other projects. Docker compose",
            "reads its own, beside `docker-compose.yml`, as before. An empty value is the same as none.",
            "",
            "Which database: `CIVITAI_ENGAGEMENT_DATABASE_URL`, else `DATABASE_URL`, else the embedded one",
            "([databases.md](databases.md)).",
            "",
            "| variable | default | what it does |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def env_example() -> str:
    lines = [
        "# Copy to .env in your data folder (docs/settings.md), readable by you alone (chmod 600), for Docker compose",
        "# beside docker-compose.yml, and fill in what you need; everything has a default. Made by `make docs`.",
    ]
    for name, field in Settings.model_fields.items():
        if name == "home":  # the file stands in it
            continue
        lines += ["", f"# {field.description}", f"# {variable(name, field)}={_example(name, field)}"]
    extra = "# For docker compose only: the password of its Postgres."
    return "\n".join([*lines, "", extra, "# POSTGRES_PASSWORD=", ""])


def _example(name: str, field: FieldInfo) -> str:
    return "" if default(name, field) == "unset" else default(name, field)


def tools() -> str:
    pages = [
        "# Tools",
        MADE,
        "",
        "What an assistant can call. Every answer has a one-sentence `summary`, `as_of` in UTC, and `notes`.",
        "`null` means unknown, never zero. A parameter that is `null` counts as not given.",
    ]
    return "\n".join([*pages, *(_tool(load(name)) for name in names())])


def _tool(one: Any) -> str:
    hints = one.annotations
    nature = "reads only" if hints.read_only_hint else "writes" + (", destructive" if hints.destructive_hint else "")
    asks = "asks Civitai" if hints.open_world_hint else "asks Civitai nothing"
    parameters = one.parameters.get("properties", {})
    rows = [
        f"| `{name}` | {_type(each)} | {_default(name, one.parameters)} | {each.get('description', '')} |"
        for name, each in parameters.items()
    ]
    table = ["", "| parameter | type | default | meaning |", "| --- | --- | --- | --- |", *rows] if rows else []
    returned = ", ".join(f"`{name}`" for name in ["summary", "as_of", "notes", *one.output_schema["properties"]])
    head = [f"\n## {one.name}", "", f"**{one.title}** ({nature}; {asks}).", "", one.description]
    return "\n".join([*head, *table, "", f"Answers: {returned}.", ""])


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    kind = str(schema.get("type", "any"))
    bounds = [f"{word} {schema[key]}" for word, key in (("from", "minimum"), ("to", "maximum")) if key in schema]
    return " ".join([kind, *bounds])


def _default(name: str, parameters: dict[str, Any]) -> str:
    if name in parameters.get("required", ()):
        return "required"
    default = parameters["properties"][name].get("default")
    return "none" if default in {None, ""} else f"`{default}`"


def commands() -> str:
    group: Any = typer.main.get_command(app)
    context = group.make_context("civitai-engagement", [], resilient_parsing=True)
    return "\n".join(["# Commands", MADE, "", *(_command(one, context) for one in group.commands.values())])


def _command(one: Any, parent: Any) -> str:
    context = one.make_context(one.name, [], parent=parent, resilient_parsing=True)
    usage = " ".join(one.collect_usage_pieces(context)).replace("{", "").replace("}", "").upper()
    rows = [_parameter(each) for each in one.params]
    return "\n".join(
        [
            f"## civitai-engagement {one.name}",
            "",
            f"`civitai-engagement {one.name} {usage}`",
            "",
            one.help or "",
            "",
            *rows,
            "",
        ]
    )


def _parameter(one: Any) -> str:
    name = "/".join([*one.opts, *one.secondary_opts]) if one.param_type_name == "option" else one.name.upper()
    text = " ".join((getattr(one, "help", None) or "").split())
    shown = (
        ""
        if one.default in {None, False, ()} or callable(one.default)
        else f" Default: {getattr(one.default, 'value', one.default)}."
    )
    return re.sub(r"\s+", " ", f"- `{name}`: {text}{shown}")


PAGES = {
    "docs/settings.md": settings,
    ".env.example": env_example,
    "docs/tools.md": tools,
    "docs/commands.md": commands,
}


def main() -> None:
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), encoding="utf-8")
        print(name)


if __name__ == "__main__":
    main()
