"""Where scaffold's own templates and examples lie: in the wheel, or in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def templates(name: str) -> Path:
    """The folder of one template: `service`, `domain` or `shared`."""
    return _place("templates") / name


def blueprints() -> Path:
    """The folder of the example services."""
    return _place("blueprints")


def examples() -> tuple[str, ...]:
    """The names of the example services."""
    return tuple(
        sorted(
            folder.name
            for folder in blueprints().iterdir()
            if (folder / "service.yaml").is_file()
        )
    )


def _place(name: str) -> Path:
    packaged = PACKAGE / f"_{name}"
    return packaged if packaged.is_dir() else PACKAGE.parent / name
