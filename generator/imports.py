"""The imports that a generated module may need; ruff removes those it does not."""

from __future__ import annotations

from collections.abc import Iterable

from generator import names
from generator.symbols import SHARED, View

_STANDARD = """\
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_UP, Decimal
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN
from typing import Annotated, ClassVar, Literal, Self, assert_never
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from app.common.types import Bytes, Email, Json, Url"""


def vocabulary_imports(view: View) -> str:
    """For a module of value objects: what it may use of others, and its own enums."""
    own = view.symbols.modules[view.module]
    lines = [_STANDARD, *_names(view.module, "enums", own.shape.enums)]
    if view.module != SHARED:
        shared = view.symbols.modules[SHARED].shape
        lines += _names(SHARED, "enums", shared.enums)
        lines += _names(SHARED, "value_objects", [*shared.types, *shared.value_objects])
    return "\n".join([*lines, *_foreign(view)])


def domain_imports(view: View) -> str:
    """For any other module of a domain: its own values too."""
    own = view.symbols.modules[view.module].shape
    values = _names(view.module, "value_objects", [*own.types, *own.value_objects])
    return "\n".join([vocabulary_imports(view), *values])


def _names(module: str, file: str, declared: Iterable[str]) -> list[str]:
    listed = ", ".join(declared)
    return [f"from app.{module}.{file} import {listed}"] if listed else []


def _foreign(view: View) -> list[str]:
    """Names of other domains, under the names that `View.naming` gave them."""
    lines = []
    for qualified in sorted(view.foreign):
        module, _, name = qualified.partition(".")
        file = (
            "enums"
            if name in view.symbols.modules[module].shape.enums
            else "value_objects"
        )
        alias = names.pascal(module) + name
        lines.append(f"from app.{module}.{file} import {name} as {alias}")
    return lines
