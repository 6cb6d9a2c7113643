import os
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from civitai_engagement.settings import Settings


def test_no_folder_is_allowed_unless_somebody_says_so() -> None:
    assert Settings(_env_file=None).folders == ()


def test_allowed_folders_are_written_like_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("CIVITAI_ENGAGEMENT_ALLOWED_FOLDERS", os.pathsep.join(["/data/a b", " ~/renders ", ""]))

    assert Settings(_env_file=None).folders == (Path("/data/a b"), Path("/home/me/renders"))


@pytest.mark.parametrize("value", ["renders", ".", "/data:renders"])
def test_an_allowed_folder_that_depends_on_where_we_start_is_refused(value: str) -> None:
    with pytest.raises(ValidationError, match="whole paths"):
        Settings(_env_file=None, allowed_folders=value)


@pytest.mark.parametrize("name", ["outbound_timeout", "outbound_max_bytes"])
def test_a_limit_is_above_zero(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"CIVITAI_ENGAGEMENT_{name.upper()}", "0")

    with pytest.raises(ValidationError, match="greater than"):
        Settings(_env_file=None)


@pytest.mark.parametrize("name", ["request_timeout", "live_patience", "live_memory", "outbound_timeout"])
def test_a_duration_is_written_in_seconds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"CIVITAI_ENGAGEMENT_{name.upper()}", " 1.5")

    assert getattr(Settings(_env_file=None), name) == timedelta(seconds=1.5)
