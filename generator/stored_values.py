"""Values as the log holds them: brought to life, and stored again."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from generator import model
from generator.evaluation import Evaluation
from generator.examples import json_data
from generator.types import Kind, Type

READ: Mapping[Kind, Any] = {
    "decimal": Decimal,
    "float": float,
    "uuid": UUID,
    "ref": UUID,
    "date": date,
    "datetime": datetime,
    "duration": timedelta,
}

Values = Mapping[str, Any]


class StoredValues:
    """What the codec of the service does, with values that live here."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation

    def record(self, fields: Iterable[model.Field], values: Values) -> Values:
        """Living values as a record of these fields."""
        return {f.stored_name: self.stored(f.type, values[f.name]) for f in fields}

    def field(self, field: model.Field, stored: Values, home: str) -> Any:
        """The living value of a field in a record of the domain `home`."""
        if field.stored_name in stored:
            return self._alive(field.type, stored[field.stored_name], home)
        if field.default:
            return self._evaluation.value(field.default, home, {})
        return None

    def _alive(self, type: Type, data: Any, home: str) -> Any:
        if data is None:
            return None
        match type.kind:
            case "list":
                return [self._alive(type.element, each, home) for each in data]
            case "map":
                items = data.items()
                return {k: self._alive(type.element, v, home) for k, v in items}
            case "enum":
                return self._evaluation.made(type.name, data)
            case "value":
                fields = self._evaluation.value_objects[type.name].fields
                module = type.name.partition(".")[0]
                values = {f.name: self.field(f, data, module) for f in fields}
                return self._evaluation.made(type.name, **values)
            case "bytes":
                return base64.b64decode(data)
        return _reader(READ[type.kind])(data) if type.kind in READ else data

    def stored(self, type: Type, value: Any) -> Any:
        """A living value, stored."""
        if value is None:
            return None
        match type.kind:
            case "list":
                return [self.stored(type.element, each) for each in value]
            case "map":
                return {k: self.stored(type.element, v) for k, v in value.items()}
            case "value":
                fields = self._evaluation.value_objects[type.name].fields
                return self.record(
                    fields, {f.name: getattr(value, f.name) for f in fields}
                )
        return json_data(value)


@cache
def _reader(kind: type) -> Any:
    return TypeAdapter(kind).validate_python
