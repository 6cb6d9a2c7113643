from datetime import timedelta

import pytest
from pydantic import SecretStr

from civitai_engagement.settings import Settings
from studies import stack


@pytest.mark.slow
async def test_a_world_collected_into_postgres_tells_what_is_true_of_it(database_url: str) -> None:
    settings = Settings(_env_file=None, database_url=SecretStr(database_url))
    small = stack.Expedition(seed=5, posts=12, every=timedelta(hours=4))

    findings = stack.figures(small, await stack.collected(small, settings))

    figures = {finding.figure: finding for finding in findings}
    assert figures["totals read back that are true"].got == 100
    assert figures["totals read back that are true"].n > 150
    assert figures["given at 24 h"].got > 90
    assert [finding for finding in findings if finding.is_missed] == []
