"""The environment, as settings are read from it and as it can be wrong."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

ESCAPES: Final = (
    "in a password, %2F stands for /, %3F for ?, %23 for #, %5B for [, %40 for @"
)

_URL: Final = re.compile(r"\w+://([^/?#\[\]]*@)?(?P<hosts>[^/?#@]*)[^#@]*")
_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:]*)(:\d{1,5})?")


class FromEnvironment(BaseSettings):
    """Settings whose values are told to nobody, for some of them are secret."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", hide_input_in_errors=True
    )


def mistakes(kinds: Iterable[type[FromEnvironment]]) -> Iterator[str]:
    """What is wrong with the environment: a line for each variable, and no value."""
    for kind in kinds:
        try:
            kind()
        except ValidationError as error:
            prefix = kind.model_config.get("env_prefix", "")
            for each in error.errors(include_input=False, include_context=False):
                variable = f"{prefix}{each['loc'][0]}".upper()
                yield f"{variable}: {each['msg'].removeprefix('Value error, ')}"
        except (OSError, UnicodeDecodeError):
            yield f"{kind.model_config['env_file']}: it cannot be read"
            return


def is_address(url: str) -> bool:
    """Whether a URL has its hosts where they belong.

    In one that has not, a part of the password would be taken for a host or a port,
    which are told in logs.
    """
    parts = _URL.fullmatch(url)
    return parts is not None and all(
        _HOST.fullmatch(host) for host in parts["hosts"].split(",")
    )
