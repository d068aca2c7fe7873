"""Tokens: places in the log, which a reader can wait for."""

import re
from dataclasses import dataclass
from typing import Final, Self

from app.common.errors import InvalidInput

_SHAPE: Final = re.compile(r"(\d{1,9})-(\d{1,18})-(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Token:
    """A place in the log: epoch, transaction and position, in the order of reading."""

    epoch: int
    xid: int
    pos: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a token from its text, as a client sends it back."""
        match = _SHAPE.fullmatch(text)
        if match is None:
            raise InvalidInput(f'"{text[:60]}" is not a token such as "1-123-45".')
        return cls(*map(int, match.groups()))

    def __str__(self) -> str:
        return f"{self.epoch}-{self.xid}-{self.pos}"


START: Final = Token(0, 0, 0)
"""Before every event."""
