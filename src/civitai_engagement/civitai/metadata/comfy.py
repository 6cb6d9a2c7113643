"""ComfyUI graphs: read where they can be read, and kept small."""

import json
import re

from civitai_engagement.civitai.metadata.jsonb import Cleaning, cut, size

MOST_BYTES = 6_000

# Civitai's own extractor writes this when a picture has no workflow. In a string the quotes would be escaped.
_NO_WORKFLOW = re.compile(r'"workflow":\s*undefined\b')


def condense(comfy: object, cleaning: Cleaning) -> object:
    """Keep a graph whole where it is small, else as many of its nodes as fit; tell `cleaning` what was cut.

    Nothing is guessed from a graph: which of its texts was the prompt only ComfyUI knows.
    """
    graph = _read(comfy) if isinstance(comfy, str) else comfy
    if graph is None and isinstance(comfy, str):
        cleaning.note("comfy text could not be read")
        return _capped(comfy, cleaning)
    cleaned = cleaning.of(graph)
    return cleaned if size(cleaned) <= MOST_BYTES else _first_nodes(cleaned, cleaning)


def _read(text: str) -> object:
    for attempt in (text, _NO_WORKFLOW.sub('"workflow": {}', text)):
        try:
            return json.loads(attempt, parse_constant=str)
        except (ValueError, RecursionError):
            continue
    return None


def _capped(text: str, cleaning: Cleaning) -> str:
    kept = cut(text, MOST_BYTES)
    if kept != text:
        cleaning.note(f"comfy was cut: the first {MOST_BYTES} bytes are kept")
    return kept


def _first_nodes(graph: object, cleaning: Cleaning) -> dict[str, object]:
    nodes = _nodes(graph)
    kept: dict[str, object] = {}
    room = MOST_BYTES
    for key, node in nodes.items():
        taken = size({key: node})
        if taken <= room:
            room -= taken
            kept[key] = node
    cleaning.note(f"comfy was cut: {len(kept)} of {len(nodes)} nodes are kept, and no workflow")
    return {"prompt": kept}


def _nodes(graph: object) -> dict[str, object]:
    nodes = graph.get("prompt") if isinstance(graph, dict) else None
    return nodes if isinstance(nodes, dict) else {}
