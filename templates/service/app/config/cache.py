"""Settings of the cache."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from app.config.environment import ESCAPES, FromEnvironment, is_address


class CacheSettings(FromEnvironment):
    """Where answers are kept for a while; without a Redis nothing is, and all works."""

    model_config = SettingsConfigDict(env_prefix="CACHE_", env_ignore_empty=True)

    url: SecretStr | None = None
    timeout: float = Field(default=0.05, gt=0, le=5)
    """Seconds that a reader waits for Redis before it asks the database instead."""
    pause: float = Field(default=2.0, gt=0, le=300)
    """Seconds for which a Redis that failed is left alone."""
    connections: int = Field(default=16, ge=1, le=500)

    @field_validator("url")
    @classmethod
    def _is_redis(cls, url: SecretStr | None) -> SecretStr | None:
        known = ("redis://", "rediss://", "unix://")
        if url is not None and not url.get_secret_value().startswith(known):
            raise ValueError("must start with redis://, rediss:// or unix://")
        if url is not None and not is_address(url.get_secret_value()):
            raise ValueError(f"must be redis://user:password@host:port/0; {ESCAPES}")
        return url
