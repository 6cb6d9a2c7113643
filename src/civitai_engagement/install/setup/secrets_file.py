"""Our own `.env`: the one place where secrets are written, readable by its owner alone."""

from collections.abc import Mapping
from pathlib import Path

from civitai_engagement import env_file
from civitai_engagement.errors import BadInput
from civitai_engagement.install.setup.changes import FileChange


def with_settings(home: Path, values: Mapping[str, str]) -> FileChange:
    """Say how the file becomes one that sets these values, what else stands in it left as it is.

    Raises:
        BadInput: A value cannot stand in a line.
    """
    file = home / env_file.NAME
    before = file.read_text(encoding="utf-8-sig") if file.exists() else None
    return FileChange(file, before, _with(before or "", values), is_private=True)


def _with(text: str, values: Mapping[str, str]) -> str:
    lines = text.splitlines()
    for name, value in values.items():
        lines = [line for line in lines if not _sets(line, name)] + [f"{name}={_quoted(name, value)}"]
    return "\n".join(lines) + "\n" if lines else ""


def _sets(line: str, name: str) -> bool:
    word = line.strip().removeprefix("export ").partition("=")[0].strip()
    return "=" in line and word.upper() == name


def _quoted(name: str, value: str) -> str:
    if any(ord(letter) < ord(" ") for letter in value):
        raise BadInput(f"{name} holds a line break or another control character.", hint="Copy it again.")
    if value and all(letter.isalnum() or letter in "_-.:/@,+" for letter in value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
