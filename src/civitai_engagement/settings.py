"""The one place that reads the environment."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from civitai_engagement import env_file
from civitai_engagement.setting_values import (
    ANY_DATABASE,
    HOME,
    IN_HOME,
    OWN_DATABASE,
    PREFIX,
    Engine,
    HomeFile,
    Toolset,
    creator_name,
    default_home,
    drop_unfilled,
    folders_of,
    has_port,
    home_by,
    is_ours,
    words_of,
)


class Settings(BaseSettings):
    """Everything a user can set, each by an environment variable or a line of the `.env` in `home`.

    >>> Settings(CIVITAI_BASE_URL="http://127.0.0.1:8765").civitai_base_url
    'http://127.0.0.1:8765'
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=IN_HOME, env_ignore_empty=True, extra="ignore", populate_by_name=True, frozen=True
    )

    civitai_api_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("CIVITAI_API_KEY", "civitai_api_key"),
        description="Your Civitai API key. Optional: everything public works without it.",
    )
    civitai_base_url: str = Field(
        "https://civitai.com",
        validation_alias=AliasChoices("CIVITAI_BASE_URL", "civitai_base_url"),
        description="Where Civitai is asked. https://civitai.red is the unrestricted front door.",
    )
    own_database_url: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices(OWN_DATABASE, "own_database_url"),
        description="A Postgres for this program, before `DATABASE_URL`. Beside tables of others, ours go into a schema"
        " `engagement`.",
    )
    database_url: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices(ANY_DATABASE, "database_url"),
        description="A Postgres (15 or newer): postgresql://user:password@host/name. Unset: an embedded one. One that"
        " holds tables of others is left alone.",
    )
    home: Path = Field(
        default_factory=default_home,
        description="Folder of the embedded database, its log and the `.env` file.",
        validate_default=True,
    )
    token: SecretStr | None = Field(
        None, description="Bearer token that HTTP clients must send. Needed to listen on anything but loopback."
    )
    allowed_hosts: str = Field(
        "",
        description="Host names, comma-separated, under which HTTP clients reach this server (mcp.example.com).",
    )
    allowed_origins: str = Field(
        "",
        description="Origins, comma-separated, whose pages may call this server from a browser (https://chat.example.com).",
    )
    toolsets: str = Field(
        "creator,why",
        description="Which tools are listed: creator, why, library, comma-separated, or all. What is not listed still"
        " answers to its exact name.",
    )
    requests_per_second: float = Field(1.0, gt=0, le=50, description="How many requests a second may go to Civitai.")
    request_timeout: timedelta = Field(
        timedelta(seconds=30), description="How long one request to Civitai may take, in seconds."
    )
    live_patience: timedelta = Field(
        timedelta(seconds=45),
        description="How long a live answer may wait for Civitai, retries included, in seconds.",
    )
    live_memory: timedelta = Field(
        timedelta(seconds=60),
        description="How long a live answer is repeated from memory, in seconds.",
    )
    outbound_timeout: timedelta = Field(
        timedelta(seconds=60),
        gt=timedelta(0),
        description="How long hashing the file behind a URL may take, in seconds.",
    )
    outbound_max_bytes: int = Field(500_000_000, gt=0, description="The largest file that is hashed, in bytes.")
    allowed_folders: str = Field(
        "",
        description="Folders below which local files may be hashed, separated like PATH: by : (on Windows by ;).",
    )
    engine: Engine | None = Field(
        None,
        description="What starts the jobs: apscheduler (a clock in one of our processes), airflow, or none. Unset: what"
        " was set last by another process on this database; where nothing was, apscheduler.",
    )
    cadence: str = Field(
        "24h:1h 30d:4h :1d",
        description="How often recorded and watched media are observed: until which age, every how long.",
    )
    sampled_cadence: str = Field(
        "7d:4h 30d:1d 90d:7d",
        description="The same for media of strangers that the collection found; after the last age they rest.",
    )
    sampled_share: float = Field(
        0.2, ge=0, le=1, description="The share of the requests that media of strangers may use; 0 collects none."
    )
    collect_limit: int = Field(
        200, ge=0, le=1000, description="How many of Civitai's newest media each four-hour round looks at; 0: none."
    )
    collect_sort: Literal["Newest", "Most Reactions", "Most Comments"] = Field(
        "Newest", description="By which order they are chosen."
    )
    collect_period: Literal["Day", "Week", "Month", "Year", "AllTime"] = Field(
        "Day", description="From which period they are chosen."
    )
    collect_levels: int = Field(
        3, ge=1, le=31, description="Their content levels: the sum of PG 1, PG-13 2, R 4, X 8, XXX 16."
    )
    keep_days: int = Field(
        90, ge=1, description="For how many days runs, values in doubt and unreadable things are kept."
    )
    thin_after_days: int = Field(
        0,
        ge=0,
        description="Keep one row a day of the history of strangers' media older than this; 0: keep everything.",
    )
    alert_webhook: SecretStr | None = Field(
        None, description="Where alarms about the collection itself are posted as JSON: an http(s) URL. Unset: nowhere."
    )
    alert_secret: SecretStr | None = Field(
        None, description="The secret those posts are signed with, so that their receiver knows whom they are from."
    )
    comments: bool = Field(default=False, description="Read comments by your key, when asked; none is stored.")
    creator: str | None = Field(
        None, description="Your name on Civitai: whom `@me` means. Unset: whose the API key is, if there is one."
    )
    recorded_by: str = Field("me", description="The person this server records for; written to what it records.")
    log_level: str = Field(
        "INFO",
        pattern="^(?i:debug|info|warning|error)$",
        description="DEBUG, INFO, WARNING or ERROR. The log goes to standard error.",
    )
    log_format: str = Field("text", pattern="^(text|json)$", description="text for people, json for machines.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 # we keep none
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the `.env` of the home that is passed or that the environment names; None for `_env_file`: no file."""
        drop_unfilled(env_settings)
        file = getattr(dotenv_settings, "env_file", None)
        if file == IN_HOME:
            file = home_by(init_settings, env_settings) / env_file.NAME
        return init_settings, env_settings, HomeFile(settings_cls, env_file=file)

    @field_validator("creator", mode="before")
    @classmethod
    def _one_creator(cls, value: object) -> object:
        return creator_name(value) if isinstance(value, str) else value

    @field_validator("home")
    @classmethod
    def _one_line(cls, value: Path) -> Path:
        if any(ord(letter) < ord(" ") for letter in str(value)):
            raise ValueError("pass a folder whose name holds no line break or other control character")
        return value

    @field_validator("civitai_base_url")
    @classmethod
    def _plain_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not has_port(parts):
            raise ValueError("pass an origin such as https://civitai.com, with a port from 1 to 65535 if any")
        return value.rstrip("/")

    @field_validator(
        "civitai_api_key", "own_database_url", "database_url", "token", "alert_webhook", "alert_secret", mode="before"
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("alert_webhook")
    @classmethod
    def _plain_url(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts is not None and (parts.scheme not in {"http", "https"} or not parts.hostname or not has_port(parts)):
            raise ValueError("pass a URL such as https://example.com/hook, with a port from 1 to 65535 if any")
        if parts is not None and "@" in parts.netloc:
            raise ValueError("pass a URL such as https://example.com/hook, without a user name")
        return value

    @field_validator("request_timeout", "live_patience", "live_memory", "outbound_timeout", mode="before")
    @classmethod
    def _in_seconds(cls, value: object) -> object:
        """Read a bare number, which the environment gives as text, as seconds; ISO 8601 (PT30S) stays as it is."""
        try:
            return float(value) if isinstance(value, str) else value
        except ValueError:
            return value

    @field_validator("allowed_origins")
    @classmethod
    def _plain_origins(cls, value: str) -> str:
        for origin in words_of(value):
            parts = urlsplit(origin)
            if (
                parts.scheme not in {"http", "https"}
                or not parts.netloc
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ValueError("pass origins such as https://chat.example.com, without a path, * or a trailing /")
        return value

    @field_validator("toolsets")
    @classmethod
    def _known_toolsets(cls, value: str) -> str:
        words = dict.fromkeys(value.lower().replace(",", " ").split())
        if not words or not words.keys() <= {*Toolset, "all"}:
            raise ValueError("pass creator, why, library, several of them with commas between, or all")
        return ",".join(Toolset if "all" in words else words)

    @field_validator("allowed_folders")
    @classmethod
    def _whole_paths(cls, value: str) -> str:
        if not all(folder.is_absolute() for folder in folders_of(value)):
            raise ValueError("pass whole paths, such as /home/me/renders")
        return value

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of `allowed_hosts`."""
        return words_of(self.allowed_hosts)

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of `allowed_origins`."""
        return words_of(self.allowed_origins)

    @property
    def listed(self) -> frozenset[Toolset]:
        """The sets of `toolsets`."""
        return frozenset(map(Toolset, self.toolsets.split(",")))

    @cached_property
    def database(self) -> tuple[str, str] | None:
        """The URL of the database and the setting it stands in; None: the embedded one."""
        chosen = {OWN_DATABASE: self.own_database_url, ANY_DATABASE: self.database_url}
        return next(((url.get_secret_value(), name) for name, url in chosen.items() if url), None)

    def notices(self) -> Iterator[str]:
        """Say what is odd about the `.env` files around us.

        Raises:
            BadSetup: Ours cannot be read.
        """
        folder: Path | None
        try:
            folder = Path.cwd()
        except OSError:  # it is gone
            folder = None
        return env_file.notices(self.home.expanduser(), folder, is_ours=is_ours, unreadable=HOME)

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """The folders of `allowed_folders`."""
        return folders_of(self.allowed_folders)

    @cached_property
    def civitai_host(self) -> str:
        """The host name of the configured base URL; it counts as Civitai's own."""
        return urlsplit(self.civitai_base_url).hostname or ""
