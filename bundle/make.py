"""Make the bundle that desktop clients install by a double click: `python -m bundle.make`, or `make bundle`."""

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
WHOLE = ("pyproject.toml", "README.md", "LICENSE")
FOLDERS = ("src", "alembic")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files make the same bundle


def parts() -> Iterator[tuple[str, Path]]:
    """Name what is in it: the manifest, the icon, and the package as it is built."""
    yield "manifest.json", HERE / "manifest.json"
    yield "icon.png", HERE / "icon.png"
    for name in WHOLE:
        yield name, ROOT / name
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path


def make(folder: Path) -> Path:
    version = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))["version"]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"civitai-engagement-{version}.mcpb"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in parts():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return target


if __name__ == "__main__":
    made = make(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist")
    print(f"{made}  sha256 {hashlib.sha256(made.read_bytes()).hexdigest()}")
