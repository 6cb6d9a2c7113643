"""What computes for long does so in a thread of its own: meanwhile other clients are answered."""

from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.house import House

COMPUTED = (
    ("get_engagement_history", {"post": "77"}, "answers.over_time.history.steps"),
    ("get_engagement_history", {"post": "77"}, "answers.over_time.history._answer"),
    ("audit_library", {"checks": 0}, "answers.recorded.library_audit.gain_between"),
    ("audit_library", {"checks": 0}, "answers.recorded.library_audit.audited_post"),
)


@pytest.mark.parametrize(("tool", "arguments", "computed"), COMPUTED)
async def test_it_is_computed_off_the_loop(
    house: "House", monkeypatch: pytest.MonkeyPatch, tool: str, arguments: dict[str, Any], computed: str
) -> None:
    house.post(2)
    await house.good("record_civitai_post", posts=["77"])
    house.advance(hours=1)
    await house.good("sync_post_asset_stats", civitai_post_id="77")
    room, _, name = f"civitai_engagement.{computed}".rpartition(".")
    compute = getattr(__import__(room, fromlist=[name]), name)
    threads = []

    def seen(*given: Any, **named: Any) -> Any:
        threads.append(current_thread())
        return compute(*given, **named)

    monkeypatch.setattr(f"{room}.{name}", seen)
    await house.good(tool, **arguments)
    assert threads
    assert main_thread() not in threads
