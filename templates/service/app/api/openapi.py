"""The API and its documentation."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from app.api.body_limit import BodyTooLarge
from app.api.errors import SCHEMA_REFERENCE, problems
from app.api.models.common import Problem
from app.common.errors import Conflict, DomainError, EventTooLarge

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
                for method, operation in path.items():
                    if method == "post":  # every command may lose a race
                        _add(operation["responses"], Conflict)
                    if "requestBody" in operation:
                        _add(operation["responses"], BodyTooLarge)
                        _add(operation["responses"], EventTooLarge)
        return super().openapi()


def operation_id(route: APIRoute) -> str:
    """A route is called what its function is called."""
    return route.name


def _add(responses: dict[str, Any], refusal: type[DomainError]) -> None:
    """Document a refusal beside those that the route itself names."""
    told = problems(refusal)[refusal.status]
    known = responses.setdefault(str(refusal.status), told)
    if known is not told:
        known["description"] += f"\n\n{told['description']}"
        for part in ("content", "headers"):
            known[part] = _joined(known.get(part, {}), told.get(part, {}))


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = one | other
    for name in one.keys() & other.keys():
        if isinstance(both[name], dict):
            both[name] = _joined(one[name], other[name])
    return both


def _problem_schemas() -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(Problem, "serialization")], ref_template=SCHEMA_REFERENCE
    )
    return {
        SCHEMA_REFERENCE.format(model=name).rpartition("/")[2]: schema
        for name, schema in definitions["$defs"].items()
    }
