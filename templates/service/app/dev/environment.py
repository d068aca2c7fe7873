"""The settings of a development server, kept so that other commands can use them."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

ENVIRONMENT_FILE = "environment"
SECRET_FILE = "jwt-secret"


def development_environment(
    data: Path, database_url: str, cache_url: str, host: str, port: int
) -> Mapping[str, str]:
    """The settings, which are also written into the data folder."""
    environment = {
        "SERVICE_ENVIRONMENT": "development",
        "SERVICE_LOG_FORMAT": "console",
        "DATABASE_URL": database_url,
        "CACHE_URL": cache_url,
        "HTTP_HOST": host,
        "HTTP_PORT": str(port),
        "SECURITY_JWT_SECRET": _secret(data / SECRET_FILE),
    }
    text = "".join(f"{name}='{value}'\n" for name, value in environment.items())
    _write_private(data / ENVIRONMENT_FILE, text)
    return environment


def _secret(file: Path) -> str:
    """Made once, so that tokens outlive a restart."""
    if not file.exists():
        _write_private(file, secrets.token_urlsafe(48))
    return file.read_text()


def _write_private(file: Path, text: str) -> None:
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as stream:
        stream.write(text)
    fresh.replace(file)
