"""Settings of the bearer tokens."""

from typing import Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from app.config.environment import FromEnvironment

SHORTEST_SECRET: Final = 32


class SecuritySettings(FromEnvironment):
    """What a token must carry to be believed; the secret has no default on purpose."""

    model_config = SettingsConfigDict(env_prefix="SECURITY_")

    jwt_secret: SecretStr
    jwt_issuer: str = Field(default="service", min_length=1)
    jwt_audience: str = Field(default="service", min_length=1)

    @field_validator("jwt_secret")
    @classmethod
    def _is_long_enough(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
        return secret
