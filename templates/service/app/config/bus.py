"""Settings of the event bus."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.config.environment import FromEnvironment


class BusSettings(FromEnvironment):
    """Where the brokers are, if there are any, and how they are talked to."""

    model_config = SettingsConfigDict(env_prefix="BUS_")

    servers: str = ""
    """Addresses as host:port, separated by commas; empty means no bus."""
    partitions: int = Field(default=0, ge=0, le=1000)
    """Of topics that are missing; 0 leaves making them to the broker."""
    replication: int = Field(default=1, ge=1, le=9)
    delivery_timeout: float = Field(default=5.0, gt=0, le=120)
    """Seconds after which a batch that is not acknowledged is sent again."""
    batch: int = Field(default=1000, ge=1, le=10_000)
    poll_max: float = Field(default=0.02, gt=0, le=60)
    """Seconds after which the relay looks at the log again when nothing happens."""
    fetch_wait: float = Field(default=0.5, gt=0, le=30)
    """Seconds that a broker may keep a request for messages when there are none."""
