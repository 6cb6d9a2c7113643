"""What the server is made of."""

from pathlib import Path

import pytest
from mcp.server import MCPServer
from mcp.server.lowlevel import Server
from opentelemetry.trace import NoOpTracerProvider

from civitai_engagement.runtime import Runtime
from civitai_engagement.server.app import build
from civitai_engagement.server.speed import TRACING, low_level
from civitai_engagement.settings import Settings


@pytest.mark.parametrize("is_traced", [True, False])
def test_spans_are_made_where_somebody_takes_them(
    is_traced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_traced:
        monkeypatch.setattr("civitai_engagement.server.speed.get_tracer_provider", NoOpTracerProvider)
    usual = [type(one).__name__ for one in MCPServer("plain").middleware]
    ours = [type(one).__name__ for one in build(Runtime(Settings.model_validate({"home": tmp_path}))).middleware]
    assert TRACING in usual
    assert ours == [name for name in usual if is_traced or name != TRACING]


def test_the_sdk_keeps_its_server_of_streams_below_ours(tmp_path: Path) -> None:
    server = build(Runtime(Settings.model_validate({"home": tmp_path})))
    assert isinstance(low_level(server), Server)
