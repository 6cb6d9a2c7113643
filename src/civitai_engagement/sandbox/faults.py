"""Which faults are armed, for how many requests or which share of them."""

from dataclasses import dataclass, field
from random import Random

from pydantic import BaseModel, ConfigDict, Field, model_validator

from civitai_engagement.errors import BadInput

EVERYWHERE = "/api/"


class Arming(BaseModel):
    """An order to fail: the next `times` requests, or a `share` of all, whose path starts with `path`.

    >>> Arming(fault="busy", times=2)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fault: str
    times: int | None = Field(None, ge=1)
    share: float | None = Field(None, gt=0, le=1)
    path: str = EVERYWHERE
    seconds: float = Field(31, ge=0, description="How long a slow answer takes.")
    ahead: float = Field(172_800, description="Seconds that a wrong date is ahead of the true one; negative: behind.")
    size: int = Field(64 * 2**20, ge=1, description="Bytes of a huge body.")

    @model_validator(mode="after")
    def _either(self) -> "Arming":
        if self.times is not None and self.share is not None:
            raise ValueError("pass times or share, not both")
        return self


@dataclass
class _Armed:
    arming: Arming
    left: int | None
    hits: int = 0


@dataclass
class Faults:
    """The armed faults, oldest first; a request is hit by the first that applies.

    >>> faults = Faults(names={"busy"})
    >>> faults.arm(Arming(fault="busy", times=2))
    """

    names: set[str]
    seed: int = 0
    _armed: list[_Armed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311 -- which request is hit need only be repeatable

    def arm(self, arming: Arming) -> None:
        """Arm a fault; with neither times nor share it hits every request until cleared."""
        if arming.fault not in self.names:
            raise BadInput(
                f"There is no fault called {arming.fault!r}.", hint=f"Known: {', '.join(sorted(self.names))}."
            )
        self._armed.append(_Armed(arming, arming.times))

    def draw(self, path: str) -> Arming | None:
        """Say which fault hits a request, and count it down."""
        hit = next((armed for armed in self._armed if self._hits(armed, path)), None)
        if hit is None:
            return None
        hit.hits += 1
        hit.left = None if hit.left is None else hit.left - 1
        return hit.arming

    def clear(self) -> None:
        self._armed.clear()

    def told(self) -> list[dict[str, object]]:
        return [{**armed.arming.model_dump(), "left": armed.left, "hits": armed.hits} for armed in self._armed]

    def _hits(self, armed: _Armed, path: str) -> bool:
        if not path.startswith(armed.arming.path) or armed.left == 0:
            return False
        return armed.arming.share is None or self._random.random() < armed.arming.share
