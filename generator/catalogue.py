"""Every diagnostic code and what it means, gathered from the modules that report it."""

from __future__ import annotations

from collections.abc import Mapping

from generator import (
    access,
    adoption,
    advice,
    api_changes,
    blueprint,
    breaking,
    checking,
    code_rules,
    custom_code,
    definitions,
    document,
    evolution,
    examples,
    expressions,
    keys,
    literals,
    lock,
    messages,
    names,
    own_imports,
    resolve,
    resolve_actions,
    resolve_aggregate,
    resolve_children,
    resolve_custom,
    resolve_joins,
    resolve_measures,
    resolve_policies,
    resolve_queries,
    resolve_read_models,
    resolve_versions,
    resolve_where,
    rules,
    scenarios,
    table_changes,
    type_text,
)

_MODULES = (
    document,
    blueprint,
    keys,
    names,
    resolve,
    type_text,
    literals,
    expressions,
    messages,
    access,
    definitions,
    resolve_aggregate,
    resolve_custom,
    resolve_policies,
    resolve_joins,
    resolve_actions,
    resolve_children,
    resolve_read_models,
    resolve_queries,
    resolve_where,
    resolve_measures,
    examples,
    scenarios,
    rules,
    resolve_versions,
    advice,
    lock,
    evolution,
    breaking,
    table_changes,
    api_changes,
    checking,
    own_imports,
    custom_code,
    adoption,
    code_rules,
)

CATALOGUE: Mapping[str, str] = {
    code: meaning
    for module in _MODULES
    for code, meaning in sorted(vars(module)["CODES"].items())
}
