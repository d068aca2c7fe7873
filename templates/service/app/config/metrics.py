"""Settings of the metrics."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.config.environment import FromEnvironment


class MetricsSettings(FromEnvironment):
    """Where a worker tells its metrics; the API does so at `/metrics`.

    Nobody is asked who they are: keep both away from the outside.
    """

    model_config = SettingsConfigDict(env_prefix="METRICS_")

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    """Of a worker; 0 means none."""
