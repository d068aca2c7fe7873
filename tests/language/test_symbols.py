"""What a blueprint declares is looked up, name by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from generator import pipeline, symbols
from generator.diagnostics import BlueprintError


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who gathered all names, by their modules."""
    found: list[str] = []
    iterate = symbols._KnownNames.__iter__

    def counted(self: symbols._KnownNames) -> Iterator[str]:
        found.append(self.view.module)
        return iterate(self)

    monkeypatch.setattr(symbols._KnownNames, "__iter__", counted)
    return found


def test_all_names_are_gathered_only_where_one_is_missed(gathered: list[str]) -> None:
    pipeline.load_service("booking_core")
    assert gathered == []


def test_what_is_missed_is_sought_among_all_names(
    gathered: list[str], tmp_path: Path
) -> None:
    wrong = tmp_path / "lending.yaml"
    wrong.write_text(
        "domain: lending\nvalue_objects:\n  Address: {fields: {town: Twon}}\n"
    )
    with pytest.raises(BlueprintError):
        pipeline.load_service(wrong)
    assert set(gathered) == {"lending"}
