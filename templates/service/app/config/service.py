"""Settings of the service as a whole."""

from enum import StrEnum
from typing import Literal

from pydantic_settings import SettingsConfigDict

from app.config.environment import FromEnvironment


class Environment(StrEnum):
    """Where the service runs."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class ServiceSettings(FromEnvironment):
    """What the service is and how much it says."""

    model_config = SettingsConfigDict(env_prefix="SERVICE_")

    environment: Environment = Environment.PRODUCTION
    log_level: Literal["debug", "info", "warning", "error", "critical"] = "info"
    log_format: Literal["json", "console"] = "json"
