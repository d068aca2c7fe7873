"""Any valid blueprint becomes a project that is clean, typed, and passes its tests.

`make fuzz` does the same for as many services as wanted, from a seed of its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from generator import model
from generator.tree import Tree
from tests.blueprints import batch
from tests.blueprints.services import FEATURES, Blueprint, services

SERVICES = 240


class Drawn:
    """The services of a run, each resolved and printed when it was drawn."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.services: dict[str, model.Service] = {}
        self.parts: list[Tree] = []

    def take(self, blueprint: Blueprint) -> None:
        """Take a service in; two of one mark could not be in one project."""
        service = batch.resolved(blueprint)
        part = batch.printed(service)
        if service.name not in self.services:
            self.services[service.name] = service
            self.parts.append(part)
            self.used |= blueprint.used


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    """Hundreds of services; what cannot be resolved or printed shrinks to a plan."""
    found = Drawn()

    @settings(
        max_examples=SERVICES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(services())
    def every_service_is_valid(blueprint: Blueprint) -> None:
        found.take(blueprint)

    every_service_is_valid()
    return found


@pytest.fixture(scope="module")
def project(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One project with the domains of all services."""
    folder = tmp_path_factory.mktemp("any")
    batch.write(batch.project([*drawn.services.values()], drawn.parts), folder)
    return folder


def test_hundreds_of_services_use_every_feature_of_the_language(drawn: Drawn) -> None:
    assert len(drawn.services) >= 200
    assert FEATURES - drawn.used == set()
    assert drawn.used - FEATURES == set()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("tool", batch.TOOLS)
def test_any_service_passes(tool: str, project: Path) -> None:
    found = batch.TOOLS[tool](project)
    assert found is None, found.said[-5000:] if found else ""
