"""Arguments that several tools share: how they are described, and how they are read."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from civitai_engagement.errors import BadInput

BIGGEST_ID = 2**63 - 1
ON_BEHALF_OF = Field(description="The person it is recorded for, if not yourself.")
METADATA_MODE = Field(description="merge adds to the metadata that is there; replace drops it first.")
CLEAR = Field(description="Names of fields to empty; passing null for them does the same.")


def own_id(name: str, text: str) -> int | None:
    """Read an id of a prompt or an asset of ours; empty is none.

    Raises:
        BadInput: It is not a whole number that can be an id.
    """
    digits = text.strip()
    if not digits:
        return None
    if not re.fullmatch(r"[0-9]{1,19}", digits) or not 1 <= int(digits) <= BIGGEST_ID:
        raise BadInput(f"{name} {text[:40]!r} is no id.", hint="Pass the whole number that recording it gave.")
    return int(digits)


def own_ids(name: str, texts: Sequence[str] | None) -> tuple[int, ...]:
    """Read ids, each once, in their order."""
    read = (own_id(name, text) for text in texts or ())
    return tuple(dict.fromkeys(one for one in read if one is not None))


def changes_of(
    given: Mapping[str, Any], clear: Sequence[str] | None, fields: Mapping[str, tuple[str, Any]]
) -> dict[str, Any]:
    """Join what is given with what is to be emptied; `fields` tells each parameter's field and its empty value.

    Raises:
        BadInput: `clear` names a field that cannot be emptied.
    """
    changes = {name: value for name, value in given.items() if value is not None}
    for name in clear or ():
        if name not in fields:
            raise BadInput(f"{name!r} cannot be cleared.", hint=f"These can: {', '.join(fields)}.")
        field, empty = fields[name]
        if field in changes:
            raise BadInput(f"{name} is both given and cleared.", hint="Do one of them.")
        changes[field] = empty
    return changes
