"""Single values, read from the text a person wrote and the type that is wanted."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic_core import SchemaValidator, ValidationError, core_schema

from generator.types import Kind

MAX_INTEGER = 2**63 - 1
MAX_BYTES = 64 * 1024
INTEGER = re.compile(r"[-+]?[0-9]+(_[0-9]+)*")
NUMBER = re.compile(r"[-+]?[0-9]+(_[0-9]+)*(\.[0-9]+)?")
FLOAT = re.compile(NUMBER.pattern + r"([eE][-+]?[0-9]+)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATETIME = re.compile(
    DATE.pattern + r"[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"([Zz]|[-+][0-9]{2}:[0-9]{2})?"
)
SPAN = re.compile(r"(?=.)(?:(\d+)d)? ?(?:(\d+)h)? ?(?:(\d+)m)? ?(?:(\d+)s)?", re.ASCII)
ISO_SPAN = re.compile(
    r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII
)
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)
BOOLEANS = {"true": True, "false": False}
URL = SchemaValidator(core_schema.url_schema(max_length=2083))


def read_scalar(kind: Kind, text: str) -> object:
    """The value a text stands for; a `ValueError` says what would be one."""
    return READERS[kind](text)


def json_scalar(text: str) -> object:
    """What an unquoted word means in JSON."""
    try:
        value = json.loads(text, parse_constant=lambda name: name)
    except ValueError:
        return text
    numeric = isinstance(value, bool | int | float) and math.isfinite(value)
    return value if numeric else text


def _integer(text: str) -> int:
    _match(INTEGER, text, "a whole number, like 3")
    value = int(text)
    if abs(value) > MAX_INTEGER:
        raise ValueError("a whole number of at most 64 bits")
    return value


def _decimal(text: str) -> Decimal:
    _match(NUMBER, text, "a number, like 9.90")
    return Decimal(text)


def _float(text: str) -> float:
    _match(FLOAT, text, "a number, like 9.9")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a finite number")
    return value


def _boolean(text: str) -> bool:
    if text.lower() not in BOOLEANS:
        raise ValueError("true or false")
    return BOOLEANS[text.lower()]


def _uuid(text: str) -> UUID:
    _match(UUID_TEXT, text, "a UUID, like 01890a5d-ac96-774b-bcce-b302099a8057")
    return UUID(text)


def _date(text: str) -> date:
    expected = "a date, like 2030-01-22"
    _match(DATE, text, expected)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{expected}; there is no such day") from None


def _datetime(text: str) -> datetime:
    expected = "a date and time, like 2030-01-22T15:00Z"
    found = _match(DATETIME, text, expected)
    if not found[3]:
        raise ValueError(f"{expected}; Z or an offset says which time zone is meant")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{expected}; there is no such moment") from None


def _duration(text: str) -> timedelta:
    expected = "a duration, like 30m, 2h, 1d 12h or PT30M"
    found = SPAN.fullmatch(text) or ISO_SPAN.fullmatch(text)
    if not found:
        raise ValueError(expected)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    try:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError(f"{expected}; this one is too long") from None


def _email(text: str) -> str:
    _match(EMAIL, text, "an e-mail address, like ada@example.com")
    return text


def _url(text: str) -> str:
    try:
        URL.validate_python(text)
    except ValidationError:
        raise ValueError("a URL, like https://example.com/x") from None
    return text


def _bytes(text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("bytes in base64, like aGVsbG8=") from None
    if len(value) > MAX_BYTES:
        raise ValueError("at most 64 KiB")
    return value


def _match(pattern: re.Pattern[str], text: str, expected: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if not found:
        raise ValueError(expected)
    return found


READERS: Mapping[Kind, Callable[[str], object]] = {
    "str": str,
    "int": _integer,
    "decimal": _decimal,
    "float": _float,
    "bool": _boolean,
    "uuid": _uuid,
    "ref": _uuid,
    "date": _date,
    "datetime": _datetime,
    "duration": _duration,
    "email": _email,
    "url": _url,
    "bytes": _bytes,
}
