"""The unit for systemd's user manager."""

from civitai_engagement.install.service.plan import ABOUT, MADE_BY, ServicePlan

UNIT = """\
# {made_by}
[Unit]
Description={about}

[Service]
Type=exec
ExecStart={command}
{environment}
Restart=always
RestartSec=60
TimeoutStopSec=120

[Install]
WantedBy=default.target
"""


_SPECIAL = set("\"'\\")  # systemd refuses these in the path of a program, not in arguments


def unit_of(plan: ServicePlan) -> str:
    """Write the unit.

    >>> print(unit_of(plan))
    """
    program, *arguments = ("/usr/bin/env", *plan.words) if _SPECIAL & set(plan.words[0]) else plan.words
    command = " ".join([_quoted(program), *(_quoted(word.replace("$", "$$")) for word in arguments)])
    environment = "\n".join(f"Environment={_quoted(f'{name}={value}')}" for name, value in plan.environment.items())
    return UNIT.format(made_by=MADE_BY, about=ABOUT, command=command, environment=environment)


def _quoted(word: str) -> str:
    """Quote as systemd.syntax(7) and systemd.service(5) have it: `%` begins a specifier everywhere.

    A `$` is a variable in arguments, never in the program's path or in Environment=.
    """
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
