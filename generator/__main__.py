"""The command `scaffold`: whatever ends it, it ends cleanly."""

from __future__ import annotations

import sys

from generator.interrupts import Interrupted, interruptible, watched


def main() -> None:
    """Run the command line; a signal ends it with 128 and its number."""
    with watched():
        try:
            with interruptible():
                from generator.cli import app
            app(prog_name="scaffold")
        except Interrupted as interrupted:
            sys.stderr.write(f"scaffold: stopped by {interrupted}\n")
            sys.exit(interrupted.exit_code)


if __name__ == "__main__":
    main()
