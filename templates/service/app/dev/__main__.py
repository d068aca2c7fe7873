"""`python -m app.dev`: everything in one command."""

import argparse
import asyncio
from pathlib import Path

from app.config.environment import mistakes
from app.config.http import HttpSettings
from app.dev.announcements import for_people, for_programs
from app.dev.supervisor import supervise


def main() -> int:
    """Read the arguments and run until stopped."""
    parser = argparse.ArgumentParser(prog="python -m app.dev", description=__doc__)
    parser.add_argument(
        "--port", type=int, help="of the API; 0 takes any (HTTP_PORT, or 8000)"
    )
    parser.add_argument(
        "--data", type=Path, default=Path(".dev"), help="where data is kept (.dev)"
    )
    parser.add_argument(
        "--announce", action="store_true", help="phases as JSON lines, for programs"
    )
    options = parser.parse_args()
    if wrong := [*mistakes([HttpSettings])]:
        parser.error("; ".join(wrong))
    port = HttpSettings().port if options.port is None else options.port
    announce = for_programs if options.announce else for_people
    return asyncio.run(supervise(options.data.resolve(), port, announce))


if __name__ == "__main__":
    raise SystemExit(main())
