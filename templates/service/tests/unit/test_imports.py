"""Who may import whom, read from the source.

A domain knows the words that all share, and in its outer parts the infrastructure. Of
another domain it knows what that says, and its policies what it can be asked, never
how it decides; nothing below knows a domain.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain_registry import DOMAINS

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
DOMAIN_NAMES = frozenset(domain.name for domain in DOMAINS)

# The parts of a domain that touch the infrastructure; all else is pure.
OUTER_PARTS = frozenset(
    {"command_handlers", "query_handlers", "registration", "ports", "sagas"}
)
# What a domain says to others: its events, and the words that they are made of.
SAID = frozenset({"events", "enums", "value_objects"})
ASKED = frozenset({"commands"})
SHELL = frozenset({"api", "bootstrap", "server", "worker", "operations", "dev"})


def modules() -> Iterator[tuple[str, ...]]:
    """Every module of the service, as the parts of its name below `app`."""
    for file in sorted(APP.rglob("*.py")):
        yield file.relative_to(APP).with_suffix("").parts


def imports(module: tuple[str, ...]) -> set[tuple[str, ...]]:
    """The modules of this service that a module imports, below `app`."""
    source = APP.joinpath(*module).with_suffix(".py").read_text()
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{'.'.join(module)} has a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {tuple(name.split(".")[1:]) for name in names if name.startswith("app.")}


def of(module: tuple[str, ...], *packages: str) -> set[tuple[str, ...]]:
    """What a module imports from these packages."""
    return {target for target in imports(module) if target[0] in packages}


def said(module: tuple[str, ...], target: tuple[str, ...]) -> bool:
    """Whether domains may speak of it: events everywhere, commands in policies."""
    in_policies = module[1:] == ("policies",)
    return target[1] in SAID or (in_policies and target[1] in ASKED)


MODULES = [pytest.param(module, id=".".join(module)) for module in modules()]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_imports_only_what_it_may(module: tuple[str, ...]) -> None:
    package = module[0]
    others = DOMAIN_NAMES - {package}
    if package in DOMAIN_NAMES:
        foreign = {each for each in of(module, *others) if not said(module, each)}
        assert not foreign, "a domain imports another one"
        assert not of(module, *SHELL, "config", "security"), "a domain looks up"
        if module[1] not in OUTER_PARTS:
            assert not of(module, "infra"), "a pure part imports infra"
    elif package == "common":
        allowed = of(module, "common")
        assert imports(module) == allowed, "common imports something else"
    elif package == "shared":
        assert imports(module) == of(module, "common", "shared")
    elif package in ("infra", "config", "security"):
        assert not of(module, *DOMAIN_NAMES, *SHELL), "infra imports upwards"
