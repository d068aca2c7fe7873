"""`python -m app`: the commands of the service."""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import get_type_hints
from uuid import UUID


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; what it needs is imported only then."""
    options = _parser().parse_args(arguments)
    if options.environment:
        _take_environment(options.environment)
    _refuse_mistakes(options.command)
    if options.command == "token":
        _print_token(options.role, options.subject, options.ttl)
        return
    asyncio.run(_operate(options))
    match options.command:
        case "serve":
            from app.server import serve

            serve()
        case "work":
            from app.worker import work

            asyncio.run(work())


def _refuse_mistakes(command: str) -> None:
    """End with all that is wrong with the settings of a command."""
    from app.config.environment import FromEnvironment, mistakes

    kinds: Iterable[type[FromEnvironment]]
    match command:
        case "serve" | "work":
            from app.bootstrap import Settings

            kinds = get_type_hints(Settings).values()
        case "token":
            from app.config.security import SecuritySettings

            kinds = [SecuritySettings]
        case _:
            from app.config.database import DatabaseSettings
            from app.config.worker import WorkerSettings

            kinds = [DatabaseSettings, WorkerSettings]
    if wrong := list(mistakes(kinds)):
        sys.exit("\n".join(wrong))


async def _operate(options: argparse.Namespace) -> None:
    """What is done at once, and what is looked at before a process starts."""
    from app import operations
    from app.config.database import DatabaseSettings
    from app.config.http import HttpSettings
    from app.config.metrics import MetricsSettings
    from app.infra.persistence.migrations import MigrationError
    from app.infra.persistence.reaching import Unreachable

    database = DatabaseSettings()
    try:
        match options.command:
            case "serve":
                http = HttpSettings()
                operations.check_port("HTTP", http.host, http.port)
                await operations.check_start(database)
            case "work":
                metrics = MetricsSettings()
                operations.check_port("METRICS", metrics.host, metrics.port)
                await operations.check_start(database)
            case "migrate":
                for migration in await operations.migrate(database):
                    print(f"applied {migration}")
            case "resume":
                await operations.resume(database, options.name)
            case "rebuild":
                await operations.rebuild(database, options.name, print)
            case "bump-epoch":
                print(f"epoch {await operations.bump_epoch(database)}")
    except (MigrationError, Unreachable, operations.Refused, OSError) as error:
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

    try:
        with open(file, encoding="utf-8") as stream:
            values: Mapping[str, str | None] = dotenv_values(stream=stream)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "It is not UTF-8"
        sys.exit(f"--environment: {file}: {reason}.")
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
