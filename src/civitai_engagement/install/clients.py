"""The MCP clients that keep their servers in a JSON file of the user's: where each has it, and how it writes us."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from civitai_engagement.install.machine import Machine


class ClientName(StrEnum):
    """A client whose configuration we know how to read and write."""

    CLAUDE_DESKTOP = "claude-desktop"
    CLAUDE_CODE = "claude-code"
    CURSOR = "cursor"
    VS_CODE = "vscode"
    WINDSURF = "windsurf"


@dataclass(frozen=True, slots=True)
class ClientPlace:
    """One client on this machine: its file, the key of its servers there, and what tells that it is installed."""

    name: ClientName
    title: str
    file: Path
    traces: tuple[Path, ...]
    servers: str = "mcpServers"
    names_type: bool = False

    @property
    def is_here(self) -> bool:
        return self.file.exists() or any(one.exists() for one in self.traces)


def places(machine: Machine) -> tuple[ClientPlace, ...]:
    """Name every client we know, installed or not.

    >>> [one.title for one in places(Machine.this()) if one.is_here]
    ['Claude Code', 'Cursor']
    """
    home, config = machine.user_home, machine.config
    desktop, code = config / "Claude", config / "Code" / "User"
    windsurf = home / ".codeium" / "windsurf"
    return (
        ClientPlace(ClientName.CLAUDE_DESKTOP, "Claude Desktop", desktop / "claude_desktop_config.json", (desktop,)),
        ClientPlace(ClientName.CLAUDE_CODE, "Claude Code", home / ".claude.json", (home / ".claude",), names_type=True),
        ClientPlace(ClientName.CURSOR, "Cursor", home / ".cursor" / "mcp.json", (home / ".cursor",)),
        ClientPlace(ClientName.VS_CODE, "VS Code", code / "mcp.json", (code,), servers="servers", names_type=True),
        ClientPlace(ClientName.WINDSURF, "Windsurf", windsurf / "mcp_config.json", (windsurf,)),
    )
