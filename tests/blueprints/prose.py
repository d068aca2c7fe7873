"""Prose in every place of a blueprint where prose may stand."""

from __future__ import annotations

import copy
from typing import Any

FIELDS = ("fields", "state", "columns")
SUMMARISED = ("aggregates", "commands", "events", "value_objects", "read_models")
SUMMARISED_TOO = ("queries", "policies")


def with_prose(files: dict[str, Any], text: str) -> dict[str, Any]:
    """The same blueprint that says this text wherever it may say anything."""
    told = copy.deepcopy(files)
    for data in told.values():
        data["summary"] = text
        _tell(data, text)
    return told


def _tell(data: Any, text: str) -> None:
    if isinstance(data, list):
        for each in data:
            _tell(each, text)
    if not isinstance(data, dict):
        return
    for key, value in data.items():
        if key in SUMMARISED or key in SUMMARISED_TOO:
            for name in value:
                value[name] = {**(value[name] or {}), "summary": text}
                if key == "events":
                    value[name]["sync"] = text
                _tell(value[name], text)
        elif key in FIELDS or key == "types":
            _tell_fields(value, text)
        elif key == "rules":
            for rule in value:
                rule["message"] = text.replace("{", "{{").replace("}", "}}")
        else:
            _tell(value, text)


def _tell_fields(fields: dict[str, Any], text: str) -> None:
    for name, field in fields.items():
        long = dict(field) if isinstance(field, dict) else {"type": field}
        long["summary"] = text
        if long["type"] in ("str", "str?", "json", "json?"):
            long["default"] = long["example"] = text
        fields[name] = long
