"""Lines a client writes, and the messages they are: one each, or one over several lines where it is written so."""

from typing import NamedTuple, Protocol

from civitai_engagement.server.messages import Said, UnreadableMessage, read, too_long

LONGEST_LINE = 64 * 2**20  # bytes
LONGEST_SPREAD = 64 * 2**10  # bytes of one message over several lines: with each line it is read anew


class Line(NamedTuple):
    """What a client wrote; of a line that is too long its beginning and its end."""

    begins: bytes
    ends: bytes | None = None


class ClientLines(Protocol):
    """The lines a client sends, until it closes."""

    async def __anext__(self) -> Line: ...


class MessageReader:
    """Reads line by line. An object that begins and tells no id is kept for its next line.

    >>> reader.line(Line(b'{"jsonrpc": "2.0", "id": 7, "method": "ping"}'))
    [JSONRPCRequest(...)]
    """

    def __init__(self) -> None:
        self._begun = b""

    def line(self, line: Line) -> list[Said]:
        if line.ends is not None:
            return [*self.end(), *too_long(line.begins, line.ends, f"{LONGEST_LINE // 2**20} MiB")]
        together = read(self._begun + line.begins)
        if not self._begun:
            return self._kept(line.begins, together, is_begun=not any(map(_is_asked, together)))
        alone = read(line.begins)
        if not _is_message(together) and (_is_message(alone) or not _is_unfinished(together)):
            return [*self.end(), *alone]
        return self._kept(self._begun + line.begins, together)

    def end(self) -> list[Said]:
        """Give up what is begun."""
        begun, self._begun = self._begun, b""
        return read(begun)

    def _kept(self, raw: bytes, said: list[Said], *, is_begun: bool = True) -> list[Said]:
        keeps = is_begun and _is_unfinished(said) and len(raw) < LONGEST_SPREAD
        self._begun = raw if keeps else b""
        return [] if keeps else said


def _is_message(said: list[Said]) -> bool:
    return len(said) == 1 and not isinstance(said[0], UnreadableMessage)


def _is_asked(one: Said) -> bool:
    return isinstance(one, UnreadableMessage) and one.is_asked


def _is_unfinished(said: list[Said]) -> bool:
    return any(isinstance(one, UnreadableMessage) and one.is_unfinished for one in said)
