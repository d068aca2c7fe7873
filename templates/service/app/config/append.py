"""Settings of how commands are brought into the log."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.config.environment import FromEnvironment


class AppendSettings(FromEnvironment):
    """How many commands share a call, and how long one may wait for its turn."""

    model_config = SettingsConfigDict(env_prefix="APPEND_")

    group_commit: bool = True
    """Whether commands share calls at all; otherwise each has one of its own."""
    batch: int = Field(default=256, ge=1, le=1024)
    queue: int = Field(default=4096, ge=1, le=100_000)
    """Commands that may wait; whoever comes then is told to come again."""
    deadline: float = Field(default=5.0, gt=0, le=60)
    """Seconds after which a command that still waits is given back unsent."""
    lock_timeout: float = Field(default=0.1, gt=0, le=5)
    """Seconds that a whole call may be held up by somebody else's transaction."""
    remember: int = Field(default=10_000, ge=0)
    """Streams whose states are remembered, not to be read again; 0 for none."""
    remember_bytes: int = Field(default=32 * 2**20, ge=0)
    """How large the remembered states may be together, as JSON."""
    max_event_bytes: int = Field(default=900_000, ge=1_000, le=64 * 2**20)
    """How large an event may be, as JSON; brokers mostly take messages of 1 MB."""
    slow_lanes: int = Field(default=4, ge=1, le=64)
    """Commands that may wait at once, each by itself, for what others hold."""
