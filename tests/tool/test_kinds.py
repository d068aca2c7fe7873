"""Whose a file is can be told from its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator import names, pipeline, render
from generator.kinds import Kind, kind_of, owner_of

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = ["booking_core", *sorted(str(p) for p in GOLDEN.iterdir() if p.is_dir())]


@pytest.mark.parametrize("blueprint", CASES, ids=lambda each: Path(each).name)
def test_each_file_of_a_domain_is_known_as_its_own_and_no_other_is(
    blueprint: str,
) -> None:
    service = pipeline.load_service(blueprint)
    domains = {domain.name for domain in service.domains}
    for path, file in render.render(service, render.printed).items():
        home = file.origin.removeprefix("domain ") if "domain" in file.origin else ""
        owner = owner_of(str(path))
        assert (owner if owner in domains else "") == home, path


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("app/lending/events.py", "lending"),
        ("app/api/routers/lending.py", "lending"),
        ("app/api/models/lending.py", "lending"),
        ("migrations/lending/0002_read_models.sql", "lending"),
        ("tests/unit/lending/test_card.py", "lending"),
        ("tests/golden_events/lending/LoanOpened.v1.json", "lending"),
        ("tests/integration/test_lending_api.py", "lending"),
        ("tests/unit/test_imports.py", ""),
        ("README.md", ""),
    ],
)
def test_a_place_names_one_domain(path: str, owner: str) -> None:
    assert owner_of(path) == owner


def test_no_domain_can_take_the_place_of_a_module_of_the_service() -> None:
    service = pipeline.load_service("booking_core")
    files = render.printed(service).items()
    shared = [path for path, file in files if file.origin == "service"]
    modules = {path.stem for path in shared if path.parent.as_posix() == "app"}
    taken = modules | {owner_of(str(path)) for path in shared}
    assert {"about", "health", "infra", "metrics"} <= taken
    spelt = {name for name in taken if names.SNAKE.fullmatch(name)}
    assert {name for name in spelt if not names.name_problem(name, "domain")} == set()


def test_what_is_written_by_hand_has_no_kind_of_its_own() -> None:
    assert kind_of("app/lending/pricing.py") is Kind.LOGIC
    assert kind_of("app/lending/custom.py") is Kind.ONCE
