"""`.env.example` tells every setting with its default, so that nobody has to search."""

import os
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from app import config

EXAMPLE = Path(__file__).parents[2] / ".env.example"
LINES = EXAMPLE.read_text(encoding="utf-8").splitlines()
MODULES = [
    import_module(f"{config.__name__}.{module.name}")
    for module in iter_modules(config.__path__)
]
ALL = [
    found
    for module in MODULES
    for found in vars(module).values()
    if isinstance(found, type)
    and issubclass(found, BaseSettings)
    and found.__module__ == module.__name__
]
# What has no default: nobody should go live with what everybody knows.
SECRET = "SECURITY_JWT_SECRET"


def names(settings: type[BaseSettings]) -> list[str]:
    prefix = settings.model_config.get("env_prefix", "")
    return [f"{prefix}{name}".upper() for name in settings.model_fields]


def test_the_example_lists_every_setting_once_and_no_other() -> None:
    listed = [line.partition("=")[0] for line in LINES if line and line[0] != "#"]
    assert sorted(listed) == sorted(name for each in ALL for name in names(each))


def test_the_example_says_what_each_setting_means() -> None:
    settings = [index for index, line in enumerate(LINES) if line and line[0] != "#"]
    assert all(LINES[index - 1].startswith("# ") for index in settings)


@pytest.mark.parametrize("settings", ALL, ids=lambda each: str(each.__name__))
def test_what_the_example_says_are_the_defaults(
    settings: type[BaseSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in names(settings):
        if name in os.environ:
            monkeypatch.delenv(name)
    if SECRET in names(settings):
        assert f"{SECRET}=" in LINES
        monkeypatch.setenv(SECRET, "x" * 32)
    monkeypatch.setitem(settings.model_config, "env_file", None)
    defaults = settings()
    monkeypatch.setitem(settings.model_config, "env_file", EXAMPLE)
    assert settings() == defaults


@pytest.mark.parametrize("settings", ALL, ids=lambda each: str(each.__name__))
def test_no_error_shows_a_value(
    settings: type[BaseSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in names(settings):
        monkeypatch.setenv(name, "hidden")
    if names(settings):
        with pytest.raises(ValidationError) as refused:
            settings()
        assert "hidden" not in str(refused.value)
