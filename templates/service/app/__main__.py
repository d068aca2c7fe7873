"""`python -m app`: the commands of the service."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; what it needs is imported only then."""
    options = _parser().parse_args(arguments)
    if options.environment:
        _take_environment(options.environment)
    match options.command:
        case "serve":
            from app.server import serve

            serve()
        case "work":
            from app.worker import work

            asyncio.run(work())
        case "token":
            _print_token(options.role, options.subject, options.ttl)
        case _:
            asyncio.run(_operate(options))


async def _operate(options: argparse.Namespace) -> None:
    from app import operations
    from app.config.database import DatabaseSettings
    from app.infra.persistence.migrations import MigrationError

    database = DatabaseSettings()
    try:
        match options.command:
            case "migrate":
                for migration in await operations.migrate(database):
                    print(f"applied {migration}")
            case "resume":
                await operations.resume(database, options.name)
            case "rebuild":
                await operations.rebuild(database, options.name, print)
            case "bump-epoch":
                print(f"epoch {await operations.bump_epoch(database)}")
    except (MigrationError, operations.Refused, OSError) as error:
        sys.exit(f"{options.command}: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description=__doc__)
    parser.add_argument(
        "--environment",
        metavar="FILE",
        help="settings for what the environment itself does not set",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve the HTTP API")
    commands.add_parser("work", help="keep read models up to date and policies going")
    commands.add_parser("migrate", help="bring the database to the current schema")
    token = commands.add_parser("token", help="print a token, for development")
    token.add_argument("--role", action="append", default=[], help="may be repeated")
    token.add_argument("--subject", type=UUID, required=True, help="who it speaks for")
    token.add_argument("--ttl", type=int, default=3600, help="seconds it lives (3600)")
    resume = commands.add_parser("resume", help="start what has stopped again")
    resume.add_argument("name", help="its name, as /health/ready tells it")
    rebuild = commands.add_parser(
        "rebuild", help="make a read model anew, while no worker runs"
    )
    rebuild.add_argument("name", help="a read model, or one table of it")
    commands.add_parser(
        "bump-epoch", help="begin a new epoch of the log, after restoring a backup"
    )
    return parser


def _take_environment(file: str) -> None:
    from dotenv import dotenv_values

    values: Mapping[str, str | None] = dotenv_values(file)
    for name, value in values.items():
        if value is not None:
            os.environ.setdefault(name, value)


def _print_token(roles: Sequence[str], subject: UUID, seconds: int) -> None:
    from app.common.roles import Role
    from app.config.security import SecuritySettings
    from app.security.tokens import Tokens

    known = [role.value for role in Role]
    unknown = [role for role in roles if role not in known]
    if unknown:
        sys.exit(f"token: no role {', '.join(unknown)}; there are: {', '.join(known)}")
    tokens = Tokens(SecuritySettings())
    print(tokens.issue(str(subject), roles, timedelta(seconds=seconds)))


if __name__ == "__main__":
    main()
