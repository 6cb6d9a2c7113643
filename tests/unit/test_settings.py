"""Settings: from the environment and `.env`, empty is unset, nonsense is refused, secrets do not show."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from civitai_engagement.errors import BadSetup
from civitai_engagement.setting_values import ROOT_HOME, default_home
from civitai_engagement.settings import Settings


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


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Our folder, named by the environment."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("CIVITAI_ENGAGEMENT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder a host starts us in."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def write(file: Path, text: str | bytes, mode: int = 0o600) -> None:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    file.chmod(mode)


def test_the_file_in_our_home_is_read_and_the_environment_beats_it(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    write(home / ".env", "\ufeffCIVITAI_BASE_URL=https://a.example\nexport database_url='postgres://h/x'\nOTHER=1\n")
    monkeypatch.setenv("CIVITAI_BASE_URL", "https://b.example")
    settings = Settings()
    assert settings.civitai_base_url == "https://b.example"
    assert settings.database == ("postgres://h/x", "DATABASE_URL")
    assert list(settings.notices()) == []


def test_a_home_that_is_passed_is_where_the_file_is_read(home: Path, tmp_path: Path) -> None:
    write(home / ".env", "CIVITAI_BASE_URL=https://a.example")
    assert Settings(home=tmp_path).civitai_base_url == "https://civitai.com"
    assert Settings(home=home).civitai_base_url == "https://a.example"


@pytest.mark.parametrize("text", ["DATABASE_URL=postgres://h/x", "civitai_engagement_token = t", "CIVITAI_API_KEY="])
def test_a_file_of_the_working_folder_is_not_read_and_one_sentence_says_where_to(
    home: Path, folder: Path, text: str
) -> None:
    write(folder / ".env", f"OTHER=1\n{text}\n", 0o644)
    settings = Settings()
    assert (settings.database, settings.token) == (None, None)
    [said] = settings.notices()
    name = text.partition("=")[0].strip()
    assert said == (f"{folder}/.env sets {name} and is not read: move what is meant for this program to {home}/.env.")


@pytest.mark.parametrize("text", ["OTHER=1\nMY_DATABASE_URL=x", b"\xff\xfeD\0", ""])
def test_a_stranger_s_file_is_no_affair_of_ours(home: Path, folder: Path, text: str | bytes) -> None:
    write(folder / ".env", text)
    assert list(Settings().notices()) == []


def test_the_home_cannot_be_set_in_the_home(home: Path) -> None:
    write(home / ".env", "CIVITAI_ENGAGEMENT_HOME=/elsewhere")
    settings = Settings()
    assert settings.home == home
    [said] = settings.notices()
    assert said.endswith("/.env sets CIVITAI_ENGAGEMENT_HOME, which is not read there: set it in the environment.")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_may_read_is_read_and_told(home: Path, mode: int) -> None:
    write(home / ".env", "CIVITAI_API_KEY=k", mode)
    assert Settings().civitai_api_key
    assert list(Settings().notices()) == [f"{home}/.env may be read by others (mode {mode:04o}): run chmod 600 on it."]


def test_started_in_our_home_there_is_one_file(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    write(home / ".env", "CIVITAI_API_KEY=k")
    monkeypatch.chdir(home)
    assert list(Settings().notices()) == []


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le"])
def test_a_file_that_is_not_utf_8_is_one_sentence(home: Path, encoding: str) -> None:
    write(home / ".env", "K=ü".encode(encoding))
    with pytest.raises(BadSetup, match=r"^.*/home/\.env is not UTF-8 text\. Save it as UTF-8\.$"):
        Settings()


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to nothing", "link to itself"])
def test_what_is_no_file_is_one_sentence(home: Path, kind: str) -> None:
    file = home / ".env"
    match kind:
        case "folder":
            file.mkdir()
        case "pipe":
            os.mkfifo(file)
        case "link to nothing":
            file.symlink_to(home / "nowhere")
        case _:
            file.symlink_to(file)
    with pytest.raises(BadSetup, match=r"^.*/home/\.env is no file that can be read\. Make it a text file"):
        Settings()


def test_lines_that_are_not_understood_are_told_once_with_their_file(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(home / ".env", "these are words\nCIVITAI_BASE_URL=https://a.example\n\nCIVITAI_API_KEY='open\n")
    settings = Settings()
    assert settings.civitai_base_url == "https://a.example"
    assert list(settings.notices()) == [
        f"{home}/.env is not read in line 1, 4: write NAME=value, and close quotes.",
    ]
    assert caplog.text == ""


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le"])
def test_names_of_ours_are_found_in_a_stranger_s_file_of_any_encoding(home: Path, folder: Path, encoding: str) -> None:
    write(folder / ".env", "DATABASE_URL=x\nNAME=ü\n".encode(encoding))
    [said] = Settings().notices()
    assert f"{folder}/.env sets DATABASE_URL and is not read" in said


def test_a_stranger_s_file_that_is_none_is_no_affair_of_ours(home: Path, folder: Path) -> None:
    (folder / ".env").symlink_to(folder / ".env")
    assert list(Settings().notices()) == []


def test_a_working_folder_that_is_gone_is_no_fault(home: Path, folder: Path) -> None:
    folder.rmdir()
    assert list(Settings().notices()) == []


def test_a_home_of_a_user_who_is_not_known_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVITAI_ENGAGEMENT_HOME", "~nobody-of-this-name/data")
    with pytest.raises(BadSetup, match=r"^CIVITAI_ENGAGEMENT_HOME names ~nobody-of-this-name/data, whose user is not"):
        Settings()


def test_a_home_whose_name_is_too_long_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVITAI_ENGAGEMENT_HOME", f"/tmp/{'x' * 300}")
    with pytest.raises(BadSetup, match="cannot be read: File name too long"):
        Settings()


def test_a_file_that_cannot_be_read_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    write(home / ".env", "K=v")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(BadSetup, match=r"^.*/home/\.env cannot be read: Permission denied\."):
        Settings()


def test_the_database_of_our_own_goes_first_wherever_it_is_named(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    write(home / ".env", "CIVITAI_ENGAGEMENT_DATABASE_URL=postgres://h/own")
    monkeypatch.setenv("DATABASE_URL", "postgres://h/any")
    assert Settings().database == ("postgres://h/own", "CIVITAI_ENGAGEMENT_DATABASE_URL")
    monkeypatch.setenv("CIVITAI_ENGAGEMENT_DATABASE_URL", " ")
    assert Settings().database == ("postgres://h/any", "DATABASE_URL")


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
    found = default_home()
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


@pytest.mark.parametrize("port", ["99999", "0", "-1", "port"])
@pytest.mark.parametrize("name", ["CIVITAI_BASE_URL", "CIVITAI_ENGAGEMENT_ALERT_WEBHOOK"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, port: str) -> None:
    monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    with pytest.raises(ValidationError, match="pass .* with a port from 1 to 65535"):
        Settings(_env_file=None)


@pytest.mark.parametrize("home", ["/tmp/a\nb", "/tmp/a\rb", "/tmp/a\x1bb"])
def test_a_home_whose_name_breaks_the_line_is_refused(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.setenv("CIVITAI_ENGAGEMENT_HOME", home)
    with pytest.raises(ValidationError, match="pass a folder whose name holds no line break"):
        Settings(_env_file=None)
    monkeypatch.delenv("CIVITAI_ENGAGEMENT_HOME")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_, **__: home)
    with pytest.raises(ValidationError, match="pass a folder whose name holds no line break"):
        Settings(_env_file=None)
