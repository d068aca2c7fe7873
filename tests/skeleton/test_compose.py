"""`compose.yaml` is one that compose would take, and decides by settings alone."""

from pathlib import Path
from typing import Any

import yaml

from tests.skeleton.conftest import run


def services(skeleton: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((skeleton / "compose.yaml").read_text())
    found: dict[str, Any] = read["services"]
    return found


def test_it_has_the_shape_of_a_compose_file(skeleton: Path) -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    run(skeleton, "check_jsonschema", *schema, "compose.yaml")


def test_what_it_sets_are_settings_of_the_service(skeleton: Path) -> None:
    lines = (skeleton / ".env.example").read_text().splitlines()
    known = {line.partition("=")[0] for line in lines if line and line[0] != "#"}
    for name in ("migrate", "api", "worker"):
        assert set(services(skeleton)[name]["environment"]) <= known


def test_it_runs_the_commands_of_the_service(skeleton: Path) -> None:
    help_ = run(skeleton, "app", "--help")
    for name in ("migrate", "api", "worker"):
        assert services(skeleton)[name]["command"] in help_


def test_nothing_listens_on_the_outside(skeleton: Path) -> None:
    for service in services(skeleton).values():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")
