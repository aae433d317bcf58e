"""Settings: defaults, then a TOML file, then environment variables; every mistake is reported at once.

Environment variables are called PAPERWATCH_ and the key, with two underscores for each level:
PAPERWATCH_DATABASE__URL, PAPERWATCH_SOURCES__HF__BASE_URL. Every key is explained in config/paperwatch.toml.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_data_path
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from bot.local_time import zone
from bot.sections import (
    Database,
    Email,
    Keep,
    Log,
    Monitor,
    Network,
    SourceSettings,
    Subscribed,
    Telegram,
    Web,
    Webhook,
    did_you_mean,
)

_PREFIX = "PAPERWATCH_"
# Read by the bootstrap, by the tests and by `load` itself; no settings.
_NOT_SETTINGS = frozenset({"EXTRAS", "CONFIG", "CORPUS", "TEST_POSTGRES"})
_DEFAULTS: dict[str, Any] = {"sources": {"hf": {"scraper": "huggingface"}}}


class ConfigError(Exception):
    """The settings cannot be used. The text lists every mistake, one a line."""


class Settings(BaseSettings):
    """All settings, checked and frozen."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    zone: str = "UTC"
    database: Database = Database()
    network: Network = Network()
    sources: dict[str, SourceSettings]
    webhook: Webhook = Webhook()
    telegram: Telegram = Telegram()
    email: Email = Field(default_factory=Email)  # a default would be merged in by its Python names
    web: Web = Web()
    subscriptions: tuple[Subscribed, ...] = ()
    alarms: tuple[str, ...] = ()
    monitor: Monitor = Monitor()
    keep: Keep = Keep()
    log: Log = Log()

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        return zone(value).key

    @field_validator("alarms")
    @classmethod
    def _are_addresses(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not re.match(r"(?:console|telegram|email|webhook):", value):
                raise ValueError(f"{value!r} is not an address; write telegram:…, email:…, webhook:… or console:")
        return values

    @property
    def database_url(self) -> str:
        """The database's address; by default a file in the user's data folder."""
        if self.database.url:
            return self.database.url.get_secret_value()
        return f"sqlite:///{user_data_path('paperwatch') / 'paperwatch.db'}"

    @property
    def alarmed(self) -> tuple[str, ...]:
        """The addresses that are told what is wrong with the sources."""
        return self.alarms or tuple(f"telegram:{one}" for one in self.telegram.admins if self.telegram.token)

    def source(self, name: str) -> SourceSettings:
        """The source of that name. Raises ValueError where there is none."""
        if name not in self.sources:
            raise ValueError(f"there is no source called {name!r}; the configuration has {', '.join(self.sources)}")
        return self.sources[name]

    @property
    def watched(self) -> dict[str, SourceSettings]:
        """The sources that are read."""
        return {name: source for name, source in self.sources.items() if source.enabled}

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, *_others: PydanticBaseSettingsSource,
        **_more: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        return env_settings, init_settings, _Default(settings_cls)


class _Default(PydanticBaseSettingsSource):
    """What is watched without any configuration; a file and the environment are merged into it key by key."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return _DEFAULTS.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return _DEFAULTS


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this installation.

    `path` is a TOML file; without it $PAPERWATCH_CONFIG, ./paperwatch.toml or the one in the user's configuration
    folder is read, if there is one. Raises ConfigError that names every mistake.
    """
    path = file_of(path, environ)
    values = _read(path) if path else {}
    mistakes = _unknown_variables(environ)
    settings = None
    try:
        settings = Settings(**values)
    except ValidationError as error:
        mistakes += [_explain(dict(one)) for one in error.errors()]
    except SettingsError as error:
        field = re.sub(r'.*field "(\w+)".*', r"\1", str(error)).upper()
        mistakes.append(f'  {_PREFIX}{field}…: lists and tables are written in JSON there, such as ["127.0.0.1"]')
    if mistakes or settings is None:
        place = f" ({path})" if path else ""
        raise ConfigError("\n".join([f"the configuration{place} cannot be used:", *mistakes]))
    return settings


def file_of(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The configuration file that `load` reads; None where there is none."""
    if path:
        return path
    if named := environ.get("PAPERWATCH_CONFIG"):
        return Path(named)
    places = (Path("paperwatch.toml"), user_config_path("paperwatch") / "paperwatch.toml")
    return next((place for place in places if place.is_file()), None)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"the configuration file {path} cannot be read: {reason}") from None


def _unknown_variables(environ: Mapping[str, str]) -> list[str]:
    keys = {name.removeprefix(_PREFIX).split("__")[0] for name in environ if name.startswith(_PREFIX)}
    fields = {name.upper() for name in Settings.model_fields}
    return [
        f"  {_PREFIX}{key}: there is no such setting{did_you_mean(key, fields)}"
        for key in sorted(keys - fields - _NOT_SETTINGS)
    ]


def _explain(error: dict[str, Any]) -> str:
    """One mistake as a line, without the value where it may be a secret."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"  {key}: there is no such key{did_you_mean(str(error['loc'][-1]), _keys_beside(error['loc']))}"
    if error["type"] == "missing":
        return f"  {key}: must be given"
    return f"  {key}: {error['msg'].removeprefix('Value error, ')}"


def _keys_beside(loc: tuple[Any, ...]) -> set[str]:
    model: Any = Settings
    for part in loc[:-1]:
        if part in getattr(model, "model_fields", {}):
            model = model.model_fields[part].annotation
    kind = {"sources": SourceSettings, "subscriptions": Subscribed}.get(loc[0] if len(loc) > 1 else "", model)
    return {field.alias or name for name, field in kind.model_fields.items()}
