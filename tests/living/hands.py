"""What people write into a project of the salon: something in each kind of file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.living.projects import REGISTRY, Living

MINE = re.compile(r"(?<![a-z])mine(?![a-z])", re.IGNORECASE)
ROUTERS = "app/api/__init__.py"
MIGRATION = "migrations/tables/0001_read_models.sql"


@dataclass(frozen=True)
class Edit:
    """What somebody writes into a file, in place of a text that stands there once."""

    kind: str
    path: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.path}"


def _below(kind: str, path: str, row: str, *rows: str) -> Edit:
    return Edit(kind, path, f"{row}\n", "\n".join((row, *rows, "")))


EDITS = (
    # The contract: docstrings, methods and helpers are free.
    Edit(
        "contract",
        "app/tables/events.py",
        '"""Table held."""',
        '"""Table held, as mine are: for a party."""',
    ),
    _below(
        "contract",
        "app/tables/events.py",
        "    mood: Mood",
        "",
        "    @property",
        "    def is_mine(self) -> bool:",
        '        """Whether the waiter wrote it down."""',
        '        return self.event_type.endswith("mine")',
    ),
    _below(
        "contract",
        "app/tables/commands.py",
        "    mood: Mood",
        "",
        "    def told_by_mine(self) -> str:",
        '        return f"mine: {self.booking_id}"',
    ),
    _below(
        "contract",
        "app/tables/enums.py",
        '    MERRY = "merry"',
        "",
        "    @property",
        "    def sounds_mine(self) -> str:",
        '        return f"{self.value}, they are mine"',
    ),
    _below(
        "contract",
        "app/tables/value_objects.py",
        "Number = Annotated[int, Field(ge=1)]",
        "MINE_AT_MOST = 40",
    ),
    _below(
        "contract",
        "app/tables/queries.py",
        "    status: Status | None = None",
        "    # mine: the waiters ask by it",
    ),
    _below(
        "contract",
        "app/tables/read_models.py",
        "    held_at: datetime",
        "    # mine: in the time zone of the house",
    ),
    _below(
        "contract",
        "app/tables/exceptions.py",
        "class PartyTooLarge(RuleViolated):",
        "    # mine: the hall has no such table",
    ),
    _below(
        "contract",
        "app/tables/registration.py",
        "    aggregates=(Booking,),",
        "    # mine: the registers of the house",
    ),
    # The logic: all of it is free.
    _below(
        "logic",
        "app/tables/aggregate.py",
        "    def seat_party(self, command: SeatParty, context: Context) -> None:",
        "        if command.booking_id.int == 7:",
        '            raise ValueError("mine is the seventh")',
    ),
    _below(
        "logic",
        "app/tables/aggregate.py",
        "    def release_table(self, command: ReleaseTable, context: Context) -> None:",
        "        # mine: the waiter wipes it",
    ),
    Edit(
        "logic",
        "app/tables/aggregate.py",
        "        return frozenset(keys)\n",
        "        return frozenset(keys)\n\n"
        "    def is_mine(self) -> bool:\n"
        '        return self.kind.endswith("mine")\n',
    ),
    _below(
        "logic",
        "app/tables/projectors.py",
        "        case PartySeated():",
        "            # mine: a row that is gone stays gone",
    ),
    _below(
        "logic",
        "app/tables/policies.py",
        '    """Whenever TableReleased, then ThankGuest."""',
        "    # mine: a card is sent, too",
    ),
    _below(
        "logic",
        "app/tables/command_handlers/booking_handlers.py",
        "        context.allow(Role.GUEST)",
        "        # mine: guests are counted here",
    ),
    _below(
        "logic",
        "app/tables/query_handlers/tables_query_handlers.py",
        "    async def get_booking("
        "self, query: GetBooking, actor: Actor) -> BookingView:",
        "        # mine: asked by the door",
    ),
    Edit(
        "logic",
        "app/api/routers/tables.py",
        "\n\nrouter = APIRouter()\n",
        '\n\n@bookings_router.get("/mine/today")\n'
        "async def mine() -> str:\n"
        '    return "mine, and hand-made"\n\n\nrouter = APIRouter()\n',
    ),
    Edit(
        "logic",
        "tests/unit/tables/test_booking.py",
        "\n\ndef test_a_party_that_is_seated_is_merry() -> None:\n",
        "\n\ndef test_of_mine() -> None:\n"
        '    assert Booking.kind != "mine"\n\n\n'
        "def test_a_party_that_is_seated_is_merry() -> None:\n"
        "    # mine: they had wine\n",
    ),
    Edit(
        "logic",
        "README.md",
        "## How to talk to it\n",
        "## What the salon says of itself\n\nMine is the evening.\n\n"
        "## How to talk to it\n",
    ),
    Edit("logic", "Makefile", "\nreset:\n", "\nmine:\n\t@echo mine\n\nreset:\n"),
    _below(
        "logic", "pyproject.toml", "dependencies = [", "    # mine: as few as can be"
    ),
    _below(
        "logic",
        "app/cellar/aggregate.py",
        "    def lay_down(self, command: LayDown, context: Context) -> None:",
        "        # mine: dust is left on it",
    ),
    # Written once.
    Edit(
        "once",
        "app/tables/custom.py",
        "    raise NotImplementedError\n",
        "    if command.booking_id.int == 7:\n"
        '        raise NoRoom("mine, and only mine")\n',
    ),
    Edit(
        "once",
        "app/tables/custom.py",
        "from app.tables.commands import HoldTable\n",
        "from app.tables.commands import HoldTable\n"
        "from app.tables.exceptions import NoRoom\n",
    ),
    # The lists that all domains stand in.
    Edit(
        "shared",
        REGISTRY,
        "    TABLES_DOMAIN,\n",
        "    TABLES_DOMAIN,  # mine: what earns the money\n",
    ),
    Edit(
        "shared",
        ROUTERS,
        "from app.api.routers import cellar, tables\n",
        "from app.api.routers import cellar as mine\n"
        "from app.api.routers import tables\n",
    ),
    Edit("shared", ROUTERS, "    cellar.router,\n", "    mine.router,\n"),
)
SQL = (
    Edit(
        "migration",
        MIGRATION,
        ") WITH (fillfactor = 70);\n",
        ") WITH (fillfactor = 70);\n-- mine: vacuumed at night\n",
    ),
)


def written(living: Living, edits: Iterable[Edit]) -> None:
    """Let people write."""
    for edit in edits:
        living.edit(edit.path, edit.old, edit.new)


def rows(files: Mapping[str, bytes | None]) -> Counter[str]:
    """The rows of the project that people wrote, and how often each is there."""
    return Counter(
        row.strip()
        for name, text in files.items()
        if not name.startswith(".scaffold/")
        for row in (text or b"").decode().splitlines()
        if MINE.search(row)
    )


def lost(mine: Counter[str], files: Mapping[str, bytes | None]) -> Counter[str]:
    """Rows that are neither there nor the start of one: an import may get more."""
    now = rows(files)
    more = now - mine
    return Counter(r for r in mine - now if not any(e.startswith(r) for e in more))
