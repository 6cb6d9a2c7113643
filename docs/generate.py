"""Write the pages that follow from the code: settings, tools, commands, .env.example, the floors (`make docs`)."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer.main
from pydantic.fields import FieldInfo

from civitai_engagement.answers.export.columns import ANSWERED
from civitai_engagement.cli.commands import app
from civitai_engagement.server.tool import load, names
from civitai_engagement.server.toolsets import recorded
from civitai_engagement.setting_origins import variable_of
from civitai_engagement.setting_values import Toolset
from civitai_engagement.settings import Settings
from docs import packages
from docs.floors import contributing

ROOT = Path(__file__).resolve().parents[1]
SETS = {
    Toolset.CREATOR: "how media and posts do: now, followed, over time, compared",
    Toolset.WHY: "what goes with success, what to expect, experiments",
    Toolset.LIBRARY: "prompts, files and posts recorded by hand, changed and linked",
}
MADE = "<!-- Made by `make docs`; do not edit. -->"


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
        f"| `{variable_of(name, field)}` | {default(name, field)} | {field.description} |"
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
            "Civitai is reached as the environment says for all programs: through `HTTPS_PROXY`, `HTTP_PROXY` or",
            "`ALL_PROXY` (`http://`, `https://`, `socks5h://`), past it for hosts of `NO_PROXY`, and trusting",
            "`SSL_CERT_FILE` or `SSL_CERT_DIR`. One that cannot be followed is named in a sentence.",
            "",
            "| variable | default | what it does |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


COMPOSE = """\
# For docker compose only: the password of its Postgres.
# POSTGRES_PASSWORD=

# The ports of this machine for the server and, with compose's profile metrics, for Prometheus and Grafana.
# PORT=8000
# PROMETHEUS_PORT=9090
# GRAFANA_PORT=3000

# For its profile airflow only (docs/airflow.md): Airflow's own password there, and two secrets its processes share.
# AIRFLOW_DB_PASSWORD=
# AIRFLOW_JWT_SECRET=
# AIRFLOW_FERNET_KEY=
"""


def env_example() -> str:
    lines = [
        "# Copy to .env in your data folder (docs/settings.md), readable by you alone (chmod 600), for Docker compose",
        "# beside docker-compose.yml, and fill in what you need; everything has a default. Made by `make docs`.",
    ]
    for name, field in Settings.model_fields.items():
        if name == "home":  # the file stands in it
            continue
        lines += ["", f"# {field.description}", f"# {variable_of(name, field)}={_example(name, field)}"]
    return "\n".join([*lines, "", COMPOSE])


def _example(name: str, field: FieldInfo) -> str:
    return "" if default(name, field) == "unset" else default(name, field)


def tools() -> str:
    sizes = {one: sum(len(_wire(told)) for told in recorded() if told["toolset"] == one) for one in Toolset}
    counts = Counter(told["toolset"] for told in recorded())
    sets = [f"| `{one}` | {SETS[one]} | {counts[one]} | {sizes[one] / 1000:.0f} kB |" for one in Toolset]
    pages = [
        "# Tools",
        MADE,
        "",
        "What an assistant can call. Every answer has a one-sentence `summary`, `as_of` in UTC, and `notes`.",
        "`null` means unknown, never zero. A parameter that is `null` counts as not given.",
        "",
        "They come in sets. `creator` and `why` are listed by default; `serve --toolsets all`, or",
        "`CIVITAI_ENGAGEMENT_TOOLSETS`, lists others. What is not listed still answers to its exact name.",
        "",
        "| set | what it is for | tools | of `tools/list` |",
        "| --- | --- | --- | --- |",
        *sets,
    ]
    made = [load(name) for name in names()]
    listed = [one for one in made if one.toolset is not Toolset.LIBRARY]
    by_hand = ["\n# Tools for keeping a library by hand", "", "Set `library`: not listed by default."]
    rest = [one for one in made if one.toolset is Toolset.LIBRARY]
    return "\n".join([*pages, *map(_tool, listed), *by_hand, *map(_tool, rest)])


def _wire(told: dict[str, Any]) -> bytes:
    """Say what a client is sent of a tool."""
    sent = {name: one for name, one in told.items() if name != "toolset"}
    return json.dumps(sent, separators=(",", ":"), ensure_ascii=False).encode()


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
        return ", ".join(f"`{one}`" for one in schema["enum"] if one is not None)
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
    return "\n".join(["# Commands", MADE, "", *_each(group, context)])


def _each(group: Any, parent: Any) -> Iterator[str]:
    """Describe every command of a group, those of groups in it by both their words."""
    for one in group.commands.values():
        if hasattr(one, "commands"):
            yield from _each(one, one.make_context(one.name, [], parent=parent, resilient_parsing=True))
        else:
            yield _command(one, parent)


def _command(one: Any, parent: Any) -> str:
    context = one.make_context(one.name, [], parent=parent, resilient_parsing=True)
    name = context.command_path
    usage = " ".join(one.collect_usage_pieces(context)).replace("{", "").replace("}", "").upper()
    rows = [_parameter(each) for each in one.params]
    return "\n".join(
        [
            f"## {name}",
            "",
            f"`{name} {usage}`",
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


def import_export() -> str:
    """Bring the columns of each exported answer up to date where the page tells them."""
    page = (ROOT / "docs/import-export.md").read_text(encoding="utf-8")
    for what, columns in ANSWERED.items():
        told = "".join(f"| `{one.name}` | {one.holds} | {one.means} |\n" for one in columns)
        page = re.sub(rf"(### {what}\n(?:(?!\| `).*\n)*)(?:\| `.*\n)*", lambda found: found[1] + told, page, count=1)  # noqa: B023
    return page


PAGES = {
    "docs/settings.md": settings,
    ".env.example": env_example,
    "docs/tools.md": tools,
    "docs/commands.md": commands,
    "CONTRIBUTING.md": contributing,
    "docs/import-export.md": import_export,
    "server.json": packages.server_json,
    "bundle/manifest.json": packages.manifest,
    "llms.txt": packages.llms,
}


def main() -> None:
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), encoding="utf-8")
        print(name)


if __name__ == "__main__":
    main()
