"""What stands where a number cannot be given: unknown is never zero."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotObserved:
    """No observation says it; `low` to `high` is what the ones around it still allow, in the unit that was asked for.

    >>> NotObserved("no observation between 3 h and 9 h of age", low=4, high=11)
    """

    reason: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class NotEnough:
    """There are too few of them to say: `n` where `needed` are needed.

    >>> str(NotEnough(6, 10, "posts"))
    'not enough posts yet (6, needed are 10)'
    """

    n: int
    needed: int
    what: str = "posts"

    def __str__(self) -> str:
        return f"not enough {self.what} yet ({self.n}, needed are {self.needed})"
