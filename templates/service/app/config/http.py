"""Settings of the HTTP side."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.config.environment import FromEnvironment


class HttpSettings(FromEnvironment):
    """Where the service listens, how much it takes, how long a reader may wait."""

    model_config = SettingsConfigDict(env_prefix="HTTP_")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    wait_for_timeout: float = Field(default=5.0, ge=0, le=60)
    """Seconds that a query waits for the token of a command before it answers 503."""
    max_body_bytes: int = Field(default=2**20, ge=1_000, le=64 * 2**20)
    """How large the body of a request may be; whatever is larger is not read."""
