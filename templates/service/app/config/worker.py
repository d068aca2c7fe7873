"""Settings of the projection runners."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.config.environment import FromEnvironment


class WorkerSettings(FromEnvironment):
    """How much a runner takes at once, how often it looks, when it raises an alarm."""

    model_config = SettingsConfigDict(env_prefix="WORKER_")

    batch: int = Field(default=500, ge=1, le=10_000)
    poll_min: float = Field(default=0.005, gt=0, le=60)
    poll_max: float = Field(default=0.25, gt=0, le=60)
    lease: float = Field(default=10.0, gt=0, le=300)
    """Seconds after which another worker may take over a silent one's work."""
    max_attempts: int = Field(default=5, ge=1, le=100)
    """Starts without progress after which a subscription is stopped."""
    command_retention_days: int = Field(default=30, ge=0, le=36_500)
    """Days for which a repeated command is recognised; 0 for ever."""
    fence_alarm: float = Field(default=10.0, gt=0, le=3600)
    """Seconds that an open transaction may hold reads up before it is named."""
