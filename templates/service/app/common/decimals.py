"""Amounts: arithmetic that keeps their digits, and exact rounding.

Python keeps 28 digits by default and drops the others without a word. Here every thread
keeps `PRECISION` digits, which is also as many as one number may bring along: one alone
is always exact, and so are sums and products with no more digits in all.
"""

from decimal import ROUND_HALF_UP, Context, Decimal, DefaultContext, getcontext
from typing import Final, overload

PRECISION: Final = 100

# Wide enough that rounding an amount never fails for want of digits.
_ROOM: Final = Context(prec=100_000)

# For the threads to come, and for this one; what tests decide is decided alike.
DefaultContext.prec = PRECISION
getcontext().prec = PRECISION


@overload
def quantize(value: Decimal, places: int, rounding: str = ROUND_HALF_UP) -> Decimal: ...


@overload
def quantize(
    value: Decimal | None, places: int, rounding: str = ROUND_HALF_UP
) -> Decimal | None: ...


def quantize(
    value: Decimal | None, places: int, rounding: str = ROUND_HALF_UP
) -> Decimal | None:
    """`value` with exactly `places` decimal places; None where there is none."""
    if value is None:
        return None
    return value.quantize(Decimal(1).scaleb(-places), rounding, _ROOM)


def plain(value: Decimal) -> str:
    """The one writing of all decimals that are equal: 1.0 is 1.00, and -0 is 0."""
    return f"{_ROOM.normalize(_ROOM.add(value, 0)):f}"
