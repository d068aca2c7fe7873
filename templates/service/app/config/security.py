"""Settings of the bearer tokens."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class SecuritySettings(BaseSettings):
    """What a token must carry to be believed; the secret has no default on purpose."""

    model_config = SettingsConfigDict(
        env_prefix="SECURITY_", env_file=".env", extra="ignore"
    )

    jwt_secret: SecretStr = Field(min_length=32)
    jwt_issuer: str = Field(default="service", min_length=1)
    jwt_audience: str = Field(default="service", min_length=1)
