"""`.env.example` lists every setting, so that nobody has to search the code."""

from pathlib import Path

from pydantic_settings import BaseSettings

from app.config.append import AppendSettings
from app.config.bus import BusSettings
from app.config.cache import CacheSettings
from app.config.database import DatabaseSettings
from app.config.http import HttpSettings
from app.config.metrics import MetricsSettings
from app.config.security import SecuritySettings
from app.config.service import ServiceSettings
from app.config.worker import WorkerSettings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
ALL: tuple[type[BaseSettings], ...] = (
    AppendSettings,
    BusSettings,
    CacheSettings,
    DatabaseSettings,
    HttpSettings,
    MetricsSettings,
    SecuritySettings,
    ServiceSettings,
    WorkerSettings,
)


def test_the_example_lists_every_setting_and_no_other() -> None:
    lines = EXAMPLE.read_text().splitlines()
    listed = {line.partition("=")[0] for line in lines if line and line[0] != "#"}
    existing = {
        f"{settings.model_config.get('env_prefix', '')}{name}".upper()
        for settings in ALL
        for name in settings.model_fields
    }
    assert listed == existing
