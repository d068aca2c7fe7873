"""Settings of the PostgreSQL connections."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from app.config.environment import ESCAPES, FromEnvironment, is_address


class DatabaseSettings(FromEnvironment):
    """How to reach the database, and how long anything may hold it up."""

    model_config = SettingsConfigDict(env_prefix="DATABASE_")

    url: SecretStr = SecretStr("postgresql://postgres@localhost:5432/postgres")
    pool_min: int = Field(default=2, ge=0, le=100)
    pool_max: int = Field(default=16, ge=1, le=500)
    connect_timeout: float = Field(default=10.0, gt=0, le=60)
    statement_timeout: float = Field(default=30.0, gt=0, le=600)
    lock_timeout: float = Field(default=5.0, gt=0, le=60)
    idle_in_transaction_timeout: float = Field(default=10.0, gt=0, le=60)
    snapshot_every: int = Field(default=200, ge=0, le=100_000)
    """Events between two snapshots of a stream; 0 takes none."""

    @field_validator("url")
    @classmethod
    def _is_postgres(cls, url: SecretStr) -> SecretStr:
        if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql://")
        if not is_address(url.get_secret_value()):
            where = "postgresql://user:password@host:port/database"
            raise ValueError(f"must be {where}; {ESCAPES}")
        return url
