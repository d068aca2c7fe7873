"""Bearer tokens: signed JWTs that name a subject and its roles."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import jwt

from app.common.actor import RESERVED, Actor
from app.common.roles import Role
from app.config.security import SecuritySettings

ALGORITHM = "HS256"
REQUIRED_CLAIMS = ["exp", "sub", "iss", "aud"]
KNOWN_ROLES = frozenset(role.value for role in Role)


class InvalidToken(Exception):
    """The token is forged, expired, meant for someone else, or no token at all."""


class Tokens:
    """Issues and reads the tokens of this service."""

    def __init__(self, settings: SecuritySettings) -> None:
        self._secret = settings.jwt_secret.get_secret_value()
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience

    def issue(self, subject: str, roles: Iterable[str], lifetime: timedelta) -> str:
        """A token for `subject`: for development and tests."""
        now = datetime.now(UTC)
        claims = {
            "sub": subject,
            "roles": sorted(roles),
            "iss": self._issuer,
            "aud": self._audience,
            "iat": now,
            "exp": now + lifetime,
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def read(self, token: str) -> Actor:
        """The actor a token speaks for, with the roles that this service knows."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
                options={"require": REQUIRED_CLAIMS},
            )
        except jwt.InvalidTokenError as error:
            raise InvalidToken(str(error)) from error
        if not claims["sub"]:
            raise InvalidToken("The subject is empty.")
        if claims["sub"] in RESERVED:
            raise InvalidToken("The subject is reserved.")
        return Actor(subject=claims["sub"], roles=_known(claims.get("roles")))


def _known(claimed: object) -> frozenset[str]:
    if not isinstance(claimed, list):
        return frozenset()
    return frozenset(role for role in claimed if isinstance(role, str)) & KNOWN_ROLES
