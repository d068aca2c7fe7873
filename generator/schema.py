"""The JSON Schema of blueprint files, for editors: what may stand where, and why.

It is made of the shapes that `blueprint.parse` reads, so the two cannot differ. What a
shape takes in a short form is a function of `shapes`, and is listed here by its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pydantic.json_schema import (
    GenerateJsonSchema,
    JsonSchemaMode,
    JsonSchemaValue,
    models_json_schema,
)
from pydantic_core import core_schema

from generator.shape_words import WORDS
from generator.shapes import _VERBS, ActionShape, DomainShape, ServiceShape

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Where a project keeps it, and the comment by which editors find it from there.
PLACE = ".scaffold/schema/blueprint.json"
SERVER = "# yaml-language-server:"
LINE = f"{SERVER} $schema=../{PLACE}"
# Any scalar is read from its source text: `1.10` and `true` can be texts too.
TEXT = {"type": ["string", "number", "boolean"]}
NOTHING = {"type": "null"}
# Where a shape notes in which place it was written; nobody writes these.
_UNWRITTEN = frozenset({"place", "mapping_place"})

Form = Callable[[JsonSchemaValue], JsonSchemaValue]


@cache
def text() -> str:
    """The schema as it is written to a file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def announced(blueprint: str) -> str:
    """The text of a blueprint with the line that tells editors of its schema."""
    if SERVER in blueprint:
        return blueprint
    end = "\r\n" if "\r\n" in blueprint else "\n"
    return f"{LINE}{end}{blueprint}"


def schema() -> dict[str, Any]:
    """A schema for both kinds of files: a service, and a domain."""
    mode: JsonSchemaMode = "validation"
    found, merged = models_json_schema(
        [(ServiceShape, mode), (DomainShape, mode)], schema_generator=_Generator
    )
    return {
        "$schema": DIALECT,
        "title": "A blueprint of scaffold",
        "if": {"required": ["service"]},
        "then": found[ServiceShape, mode],
        "else": found[DomainShape, mode],
        "$defs": merged["$defs"],
    }


class _Generator(GenerateJsonSchema):
    """Says what pydantic cannot know: short forms, unknown keys, descriptions."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        return dict(TEXT)

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        shape = schema["cls"]
        made = super().model_schema(schema)
        made.pop("title", None)
        forms = made.get("anyOf", [made])  # a short form is beside the long one
        long = next(each for each in forms if "properties" in each)
        long["additionalProperties"] = False
        long["properties"] = {
            key: _described(value, shape.__name__, key)
            for key, value in long["properties"].items()
            if key not in _UNWRITTEN
        }
        if shape is ActionShape:
            _add_verbs(long)
        return made

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        form = _FORMS.get(schema["function"]["function"].__name__)
        return form(inner) if form else inner


def _described(value: JsonSchemaValue, shape: str, key: str) -> JsonSchemaValue:
    value.pop("title", None)
    value.pop("default", None)
    words = WORDS.get(shape, {}).get(key, "")
    return {"description": words, **value} if words else value


def _add_verbs(action: JsonSchemaValue) -> None:
    """`{insert: {...}}`: the verb is the key of what it writes."""
    properties = action["properties"]
    properties.pop("verb")
    written = properties.pop("mapping")
    for verb in _VERBS:
        properties[verb] = _described(dict(written), "ActionShape", verb)
    action.pop("required", None)


def _or(*forms: JsonSchemaValue) -> JsonSchemaValue:
    return {"anyOf": list(forms)}


def _one_or_many(items: JsonSchemaValue) -> JsonSchemaValue:
    return _or(items, {"type": "array", "items": items})


def _nullable_values(mapping: JsonSchemaValue) -> JsonSchemaValue:
    values = mapping["additionalProperties"]
    return {**mapping, "additionalProperties": _or(NOTHING, values)}


def _expressions(mapping: JsonSchemaValue) -> JsonSchemaValue:
    """`{due: null}`, but not what a comma has cut off of `{due: max(a, b)}`."""
    return {**_nullable_values(mapping), "propertyNames": {"pattern": "^[^()]*$"}}


def _emission(many: JsonSchemaValue) -> JsonSchemaValue:
    """`LoanOpened`, `{LoanOpened: {due: today}}` or the long form with `event:`."""
    mapping = _expressions({"type": "object", "additionalProperties": TEXT})
    by_event = {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Z]"},
        "additionalProperties": _or(NOTHING, mapping),
    }
    return _one_or_many(_or(TEXT, many["items"], by_event))


_FORMS: Mapping[str, Form] = {
    "_listed": lambda many: _or(NOTHING, many["items"], many),
    "_expressions": lambda mapping: _or(NOTHING, _expressions(mapping)),
    "_mapped": lambda mapping: _or(NOTHING, mapping),
    "_short_form": lambda long: _or(TEXT, long),
    "_bare_names": _nullable_values,
    "_nothing_written": lambda long: _or(NOTHING, long),
    "_plain_list": lambda mapping: _or({"type": "array", "items": TEXT}, mapping),
    "_written_forms": lambda long: _or({"enum": list(_VERBS)}, long),
    "_actions": lambda many: _one_or_many(many["items"]),
    "_emissions": _emission,
}
