"""Ids, texts and metadata of recordings, as people pass them."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from civitai_engagement.errors import BadInput

BIGGEST_ID = 2**63 - 1


MOST_PROMPT = 100_000  # characters


MOST_TEXT = 50_000


MOST_NAME = 200


MOST_METADATA = 20_000  # bytes as JSON


ON_BEHALF_OF = Field(max_length=MOST_NAME, description="Whom it is recorded for, if not you.")


METADATA_MODE = Field(description="merge adds to the metadata that is there; replace drops it first.")


CLEAR = Field(description="Names of parameters to empty.")


def own_id(name: str, text: str) -> int | None:
    """Read an id of a prompt or an asset of ours; empty is none.

    Raises:
        BadInput: It is not a whole number that can be an id.
    """
    digits = text.strip()
    if not digits:
        return None
    if not re.fullmatch(r"[0-9]{1,19}", digits) or not 1 <= int(digits) <= BIGGEST_ID:
        thing = "prompt" if "prompt" in name else "asset"
        hint = f"Pass the {thing}_id that recording it gave, a whole number."
        raise BadInput(f"{name} {text[:40]!r} is no {thing} id.", hint=hint)
    return int(digits)


def own_ids(name: str, texts: Sequence[str] | None) -> tuple[int, ...]:
    """Read ids, each once, in their order."""
    read = (own_id(name, text) for text in texts or ())
    return tuple(dict.fromkeys(one for one in read if one is not None))


def needed_id(name: str, text: str) -> int:
    """Read an id that must be there."""
    number = own_id(name, text)
    if number is None:
        raise BadInput(f"{name} is empty.", hint="Pass the id that recording it gave.")
    return number


def noted(metadata: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Read metadata that the database can hold.

    Raises:
        BadInput: It is too large, or holds what JSON or a database cannot.
    """
    try:
        text = "" if metadata is None else json.dumps(metadata, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:  # not a number, half a character, nested without end
        raise BadInput("metadata holds a value that JSON has no word for.", hint="Pass plain JSON.") from error
    if "\\u0000" in text.replace("\\\\", ""):  # a backslash of the user's own is two there
        raise BadInput("metadata holds a NUL character, which no text may.", hint="Pass it without.")
    if size > MOST_METADATA:
        raise BadInput(f"metadata is larger than {MOST_METADATA:,} bytes.", hint="Keep what you will look for.")
    return metadata


def changes_of(
    given: Mapping[str, Any], clear: Sequence[str] | None, fields: Mapping[str, tuple[str, Any]]
) -> dict[str, Any]:
    """Join what is given with what is to be emptied; `fields` tells each parameter's field and its empty value.

    Two parameters may stand for one field: giving one and clearing the other gives it.

    Raises:
        BadInput: `clear` names a field that cannot be emptied, or one that is given as well.
    """
    changes = {name: value for name, value in given.items() if value is not None}
    cleared = set(clear or ())
    for name in clear or ():
        if name not in fields:
            raise BadInput(f"{name!r} cannot be cleared.", hint=f"These can: {', '.join(fields)}.")
        field, empty = fields[name]
        if field not in given or given[field] is None:
            changes[field] = empty
        elif cleared.issuperset(twin for twin, (other, _) in fields.items() if other == field):
            raise BadInput(f"{name} is both given and cleared.", hint="Do one of them.")
    return changes


def parameter_of(field: str) -> str:
    """Name the parameter that a field of a recording is given by."""
    return {"image_id": "civitai_id"}.get(field, field)
