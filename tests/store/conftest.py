"""What tests of the store share."""

import pytest


@pytest.fixture
def deaf_to_cancellations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Postgres hears no cancellation, as when it comes before the statement began."""

    async def unheard(**_: object) -> None:
        """It was sent."""

    monkeypatch.setattr("asyncpg.connect_utils._cancel", unheard)
