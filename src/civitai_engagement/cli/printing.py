"""What commands print that no table is for."""

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a command loads what it needs, so that `serve` starts fast
    from civitai_engagement.answers.answer import Answer


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def say_json(value: Any) -> None:
    say(json.dumps(value, ensure_ascii=False))


def dumped(answer: "Answer") -> dict[str, Any]:
    return answer.model_dump(mode="json", exclude_unset=True)
