"""One version of a model (checkpoint, LoRA, …) as a value."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """What Civitai calls one model version. `model_id` and `type` come from its `air`, where that can be read.

    `file` is the name of its file without extension, `hashes` are those of that file.
    """

    id: int
    name: str | None
    model_id: int | None
    model_name: str | None
    type: str | None
    base_model: str | None
    published_at: datetime | None
    air: str | None
    file: str | None = None
    hashes: tuple[str, ...] = ()
