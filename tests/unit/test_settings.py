"""Settings: from the environment and `.env`, empty is unset, nonsense is refused, secrets do not show."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from civitai_engagement import settings as module
from civitai_engagement.settings import ROOT_HOME, Settings


def test_without_any_the_settings_are_those_of_the_docs() -> None:
    settings = Settings(_env_file=None)
    assert settings.civitai_base_url == "https://civitai.com"
    assert (settings.civitai_api_key, settings.database_url, settings.token) == (None, None, None)
    assert (settings.requests_per_second, settings.live_memory) == (1.0, timedelta(seconds=60))


@pytest.mark.parametrize(
    ("variable", "value", "field", "read"),
    [
        ("CIVITAI_BASE_URL", "https://civitai.red/", "civitai_base_url", "https://civitai.red"),
        ("CIVITAI_ENGAGEMENT_HOME", "/srv/ledger", "home", Path("/srv/ledger")),
        ("CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND", "0.5", "requests_per_second", 0.5),
        ("CIVITAI_ENGAGEMENT_REQUEST_TIMEOUT", "10", "request_timeout", timedelta(seconds=10)),
        ("CIVITAI_ENGAGEMENT_LIVE_MEMORY", "PT1M30S", "live_memory", timedelta(seconds=90)),
        ("CIVITAI_ENGAGEMENT_LIVE_PATIENCE", "2.5", "live_patience", timedelta(seconds=2.5)),
        ("CIVITAI_ENGAGEMENT_RECORDED_BY", "ada", "recorded_by", "ada"),
    ],
)
def test_the_environment_is_read(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, field: str, read: object
) -> None:
    monkeypatch.setenv(variable, value)
    assert getattr(Settings(_env_file=None), field) == read


@pytest.mark.parametrize(
    "variable", ["CIVITAI_API_KEY", "DATABASE_URL", "CIVITAI_ENGAGEMENT_TOKEN", "CIVITAI_ENGAGEMENT_ALERT_SECRET"]
)
def test_secrets_are_read_and_do_not_show(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "postgresql://me:hush@host/x")
    settings = Settings(_env_file=None)
    assert "hush" in str(
        [one.get_secret_value() for one in vars(settings).values() if hasattr(one, "get_secret_value")]
    )
    assert "hush" not in repr(settings)
    assert "hush" not in str(settings.model_dump())


def test_a_file_is_read_and_the_environment_beats_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CIVITAI_BASE_URL=https://a.example\nDATABASE_URL=postgres://h/x\nOTHER=1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CIVITAI_BASE_URL", "https://b.example")
    settings = Settings()
    assert settings.civitai_base_url == "https://b.example"
    assert settings.database_url
    assert settings.database_url.get_secret_value() == "postgres://h/x"


@pytest.mark.parametrize(
    "variable", sorted(f"CIVITAI_ENGAGEMENT_{name.upper()}" for name in Settings.model_fields if "civitai" not in name)
)
def test_empty_is_unset(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    unset = Settings(_env_file=None)
    monkeypatch.setenv(variable, "")
    assert Settings(_env_file=None) == unset


@pytest.mark.parametrize("variable", ["CIVITAI_API_KEY", "CIVITAI_BASE_URL", "DATABASE_URL"])
def test_empty_is_unset_for_the_names_others_share(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    unset = Settings(_env_file=None)
    monkeypatch.setenv(variable, "")
    assert Settings(_env_file=None) == unset


@pytest.mark.parametrize("variable", ["CIVITAI_API_KEY", "DATABASE_URL", "CIVITAI_ENGAGEMENT_TOKEN"])
def test_a_secret_of_blanks_is_unset(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "  ")
    settings = Settings(_env_file=None)
    assert (settings.civitai_api_key, settings.database_url, settings.token) == (None, None, None)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CIVITAI_BASE_URL", "civitai.com", "pass an origin such as https://civitai.com"),
        ("CIVITAI_BASE_URL", "ftp://civitai.com", "pass an origin"),
        ("CIVITAI_BASE_URL", "https://", "pass an origin"),
        ("CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND", "0", "greater than 0"),
        ("CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND", "51", "less than or equal to 50"),
        ("CIVITAI_ENGAGEMENT_REQUESTS_PER_SECOND", "nan", "nan"),
        ("CIVITAI_ENGAGEMENT_LOG_FORMAT", "xml", "text|json"),
        ("CIVITAI_ENGAGEMENT_REQUEST_TIMEOUT", "soon", "timedelta"),
        ("CIVITAI_ENGAGEMENT_REQUEST_TIMEOUT", "nan", "request_timeout"),
        ("CIVITAI_ENGAGEMENT_REQUEST_TIMEOUT", "inf", "request_timeout"),
    ],
)
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError) as raised:
        Settings(_env_file=None)
    assert said in str(raised.value)


@pytest.mark.parametrize(("user", "home"), [(0, ROOT_HOME), (1000, None)])
def test_the_home_of_root_is_one_postgres_can_reach(
    monkeypatch: pytest.MonkeyPatch, user: int, home: Path | None
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    found = module._default_home()
    assert (found == ROOT_HOME) is (home is not None)
    assert found.name == "civitai-engagement"


@pytest.mark.parametrize(
    ("url", "host"), [("http://127.0.0.1:8765", "127.0.0.1"), ("https://CIVITAI.red", "civitai.red")]
)
def test_the_host_of_the_base_url_counts_as_civitai_s(url: str, host: str) -> None:
    assert Settings(_env_file=None, civitai_base_url=url).civitai_host == host


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_address_for_alerts_does_not_show_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVITAI_ENGAGEMENT_ALERT_WEBHOOK", "http://10.0.0.7:9000/hook/hush")
    settings = Settings(_env_file=None)
    assert settings.alert_webhook
    assert settings.alert_webhook.get_secret_value() == "http://10.0.0.7:9000/hook/hush"
    assert "hush" not in repr(settings)
    assert Settings(_env_file=None, alert_webhook=" ").alert_webhook is None


@pytest.mark.parametrize("url", ["hook", "ftp://hush.example/x", "https:///hush", "https://me:hush@a.example/x"])
def test_what_is_no_address_for_alerts_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CIVITAI_ENGAGEMENT_ALERT_WEBHOOK", url)
    with pytest.raises(ValidationError) as raised:
        Settings(_env_file=None)
    [error] = raised.value.errors(include_url=False)
    assert "pass a URL such as" in error["msg"]
    assert "hush" not in error["msg"]
