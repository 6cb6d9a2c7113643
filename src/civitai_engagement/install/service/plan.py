"""What a service manager is to start: `collect` of this installation, for one home; and no secret."""

from dataclasses import dataclass
from pathlib import Path

from civitai_engagement.errors import BadSetup
from civitai_engagement.install.machine import Machine
from civitai_engagement.setting_values import HOME

LOG = "collect.log"
COLLECT = ("collect", "--wait")  # refused, it would be started again each minute
ABOUT = "Civitai Engagement: observes what is recorded and watched, every hour"
MADE_BY = "Made by `civitai-engagement service install`; `civitai-engagement service remove` takes it back."


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """The program's words and its home.

    >>> ServicePlan.of(Machine.this(), home).words
    ('/home/me/.local/bin/civitai-engagement', 'collect', '--wait')
    """

    program: tuple[str, ...]
    home: Path

    @classmethod
    def of(cls, machine: Machine, home: Path) -> "ServicePlan":
        """Plan the service of an installation.

        Raises:
            BadSetup: A path of it cannot stand in a unit.
        """
        plan = cls(machine.program, home.expanduser().absolute())
        for word in (*plan.program, str(plan.home)):
            if any(ord(letter) < ord(" ") for letter in word):
                raise BadSetup(f"{word!r} holds a control character, which no unit can name.", hint="Rename it.")
        return plan

    @property
    def words(self) -> tuple[str, ...]:
        return (*self.program, *COLLECT)

    @property
    def environment(self) -> dict[str, str]:
        return {HOME: str(self.home)}

    @property
    def log(self) -> Path:
        """The file of the log, where the manager keeps none."""
        return self.home / LOG
