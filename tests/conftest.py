"""What all tests share."""

from __future__ import annotations

import os
import signal

import pytest

# A run that was started in the background may have been told to ignore Ctrl-C, and so
# would be every command that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Environments are made anew where CI is set, or where they are asked for."""
    if os.environ.get("CI") or "fresh" in config.getoption("-m"):
        return
    fresh = [item for item in items if item.get_closest_marker("fresh")]
    if fresh:
        config.hook.pytest_deselected(items=fresh)
        items[:] = [item for item in items if item not in fresh]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the expectations of golden and error cases be written anew."""
    parser.addoption("--update-cases", action="store_true")


@pytest.fixture
def update_cases(request: pytest.FixtureRequest) -> bool:
    """Whether cases are to be written anew."""
    return bool(request.config.getoption("--update-cases"))
