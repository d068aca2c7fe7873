"""L07 and L08: what a module reaches for, past those who are there to give it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from generator.code_rules.module import Module
from generator.diagnostics import Diagnostic

QUERIES = ("app.infra.cqrs.queries", "app.infra.projections.reader")
ASKING = frozenset({"queries", "query_handlers"})
CLIENTS = frozenset(
    {"aiopg", "asyncpg", "databases", "peewee", "pg8000", "psycopg", "psycopg2"}
    | {"sqlalchemy", "sqlmodel", "tortoise"}
)
OWN_CLIENT = ("app.infra.persistence.postgres", "app.infra.persistence.migrations")
# The one module besides `infra` that runs a database: it migrates and examines it.
OPERATIONS = ("operations",)
KEEPERS = frozenset({"infra", "dev"})
ASSEMBLING = frozenset({"__main__", "bootstrap", "server", "worker"})


def queries(module: Module) -> Iterator[Diagnostic]:
    """L07: a policy decides on its event alone, so that it can be read again."""
    if not module.is_part("policies", "saga", "sagas"):
        return
    for node, target in module.imported:
        if _is_asking(target):
            said = f"{module.parts[1]} ask {target}, which may answer otherwise later"
            hint = "put what is needed into the event, or decide it in the aggregate"
            yield module.finding("L07", node, said, hint)


def _is_asking(target: str) -> bool:
    parts = target.split(".")
    of_a_domain = parts[0] == "app" and len(parts) > 2 and parts[2] in ASKING
    return of_a_domain or _within(target, QUERIES)


def databases(module: Module) -> Iterator[Diagnostic]:
    """L08: only the infrastructure speaks to the database."""
    if module.parts[0] in KEEPERS or module.parts == OPERATIONS:
        return
    assembling = module.parts[0] in ASSEMBLING
    types = _for_types(module)
    for node, target in module.imported:
        if id(node) in types:
            continue
        is_client = target.partition(".")[0] in CLIENTS
        if is_client or (_within(target, OWN_CLIENT) and not assembling):
            said = f"{target} reaches the database past app/infra"
            hint = "read by a query, write by a command; SQL goes into app/infra"
            yield module.finding("L08", node, said, hint)


def _within(target: str, modules: tuple[str, ...]) -> bool:
    return any(target == each or target.startswith(f"{each}.") for each in modules)


def _for_types(module: Module) -> set[int]:
    """What stands under `if TYPE_CHECKING`, and is never run."""
    return {
        id(each)
        for node in module.nodes
        if isinstance(node, ast.If)
        and module.qualified(node.test) == "typing.TYPE_CHECKING"
        for one in node.body
        for each in ast.walk(one)
    }
