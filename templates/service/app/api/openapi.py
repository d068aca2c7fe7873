"""The API and its documentation."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from app.api.body_limit import BodyTooLarge
from app.api.errors import SCHEMA_REFERENCE, problems
from app.api.models.common import Problem
from app.common.errors import EventTooLarge

# FastAPI's own description of a 422, which no route of ours answers with.
UNUSED_SCHEMAS = ("HTTPValidationError", "ValidationError")


class Api(FastAPI):
    """FastAPI, with problem+json in its OpenAPI document."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for name in UNUSED_SCHEMAS:
                schemas.pop(name, None)
            schemas.update(_problem_schemas())
            for path in document["paths"].values():
                for operation in path.values():
                    if "requestBody" in operation:
                        _may_be_too_large(operation)
        return super().openapi()


def operation_id(route: APIRoute) -> str:
    """A route is called what its function is called."""
    return route.name


def _may_be_too_large(operation: dict[str, Any]) -> None:
    """Whatever reads a body may refuse it, or what it leads to, for its size."""
    told = problems(BodyTooLarge, EventTooLarge)[413]
    responses = operation["responses"] | {"413": told}
    operation["responses"] = dict(sorted(responses.items()))


def _problem_schemas() -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(Problem, "serialization")], ref_template=SCHEMA_REFERENCE
    )
    return {
        SCHEMA_REFERENCE.format(model=name).rpartition("/")[2]: schema
        for name, schema in definitions["$defs"].items()
    }
