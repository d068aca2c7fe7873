"""Exact rounding for amounts."""

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

# Wide enough that rounding an amount never fails for want of digits.
_ROOM: Final = Context(prec=400)


def quantize(value: Decimal, places: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """`value` with exactly `places` decimal places."""
    return value.quantize(Decimal(1).scaleb(-places), rounding, _ROOM)
