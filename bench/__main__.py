"""`python -m bench [name ...]`: measure, and print ratios."""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys

import structlog

NAMES = (
    "commands",
    "http",
    "profile",
    "projections",
    "rehydration",
    "relay",
    "tool",
)


def main() -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING)
    )
    for name in sys.argv[1:] or NAMES:
        if name not in NAMES:
            sys.exit(f"There is no {name}; there are {', '.join(NAMES)}.")
        asyncio.run(importlib.import_module(f"bench.{name}").main())


if __name__ == "__main__":
    main()
