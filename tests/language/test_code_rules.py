"""The rules of all code find what breaks them, and leave alone what only looks so."""

from __future__ import annotations

import warnings
from pathlib import Path
from textwrap import dedent

import pytest

from generator import archive
from generator.code_rules import CODES, check
from generator.diagnostics import show

GOLDEN = Path(__file__).parents[1] / "golden"
SERVICE = Path(__file__).parents[2] / "templates/service"
AGGREGATE = "app/lending/aggregate.py"
POLICIES = "app/lending/policies.py"
EVENTS = "app/lending/events.py"
VALUES = "app/lending/value_objects.py"
HANDLERS = "app/lending/command_handlers/loan_handlers.py"
ROUTER = "app/api/routers/lending.py"
TOOL = "app/services/letters.py"
PRICING = "app/lending/pricing.py"

EVENT = "from dataclasses import dataclass\nfrom app.common.events import Event\n"
VALUE = "from dataclasses import dataclass\nfrom pydantic import BaseModel\n"
HANDLER = (
    "from app.lending.commands import Open\nfrom app.lending.aggregate import Loan\n"
)

# The code, where it stands, the text, and the line of each finding.
BROKEN = [
    ("L01", TOOL, "import datetime\nx = datetime.datetime.utcnow()", [2]),
    ("L01", TOOL, "from datetime import datetime as d\nd.now()\nd.now(None)", [2, 3]),
    ("L01", TOOL, "import datetime as t\nt.datetime.now(tz=None)", [2]),
    ("L01", TOOL, "from datetime import date\ny = date.today", [2]),
    (
        "L01",
        TOOL,
        "from datetime import datetime\nf = field(default_factory=datetime.now)",
        [2],
    ),
    ("L01", AGGREGATE, "from datetime import UTC, datetime\ndatetime.now(UTC)", [2]),
    ("L01", POLICIES, "import time\ndef f(): return time.time()", [2]),
    ("L01", POLICIES, "from time import time as now\ndef f(): return now()", [2]),
    ("L01", "app/lending/custom.py", "import time\nx = time.time_ns", [2]),
    (
        "L01",
        AGGREGATE,
        "from app.common.clock import SystemClock\nSystemClock().now()",
        [2],
    ),
    (
        "L01",
        TOOL,
        "from datetime import datetime\ndatetime.today()\ndatetime.utcfromtimestamp(3)",
        [2, 3],
    ),
    ("L01", AGGREGATE, "import time\ntime.localtime()\ntime.gmtime()", [2, 3]),
    (
        "L01",
        "app/lending/sagas/lost.py",
        "from datetime import UTC, datetime as d\ndef f(): return d.now(UTC)",
        [2],
    ),
    ("L02", PRICING, "def feeOf(): ...\nasync def _Fee(): ...", [1, 2]),
    ("L02", AGGREGATE, "class A:\n    def _on_LoanOpened(self, event): ...", [2]),
    ("L02", TOOL, "class A:\n    @property\n    def dueDate(self): ...", [3]),
    ("L02", TOOL, "class A(dict):\n    def getIt(self): ...", [2]),
    (
        "L02",
        TOOL,
        "from app.a import B\nclass A(B):\n    def getIt(self): ...",
        [3],
    ),
    ("L02", TOOL, "from abc import ABC\nclass A(ABC):\n    def getIt(self): ...", [3]),
    (
        "L02",
        TOOL,
        "from typing import Generic as G\nclass A(G[int]):\n    def getIt(self): ...",
        [3],
    ),
    ("L02", TOOL, "class A(B):\n    def getIt(self): ...\nclass B(A): ...", [2]),
    (
        "L03",
        EVENTS,
        f'{EVENT}@dataclass(frozen=True)\nclass Lost:\n    event_type = "lending.Lost"',
        [4],
    ),
    ("L03", EVENTS, "class Lost: ...\nLoanEvent = Lost", [1]),
    ("L03", EVENTS, f"{EVENT}@dataclass\nclass Lost: ...", [4]),
    (
        "L03",
        EVENTS,
        f'{EVENT}@dataclass\nclass Lost(Event):\n    event_type = "lending.Lost"',
        [4],
    ),
    (
        "L03",
        EVENTS,
        f'{EVENT}class Lost(Event):\n    event_type = "lending.Lost"',
        [3],
    ),
    ("L03", EVENTS, 'class Lost:\n    event_type = "lending.Lost"', [1]),
    ("L03", EVENTS, "class Lost: ...\nLoanEvent: TypeAlias = Lost", [1]),
    (
        "L03",
        EVENTS,
        f"{EVENT}@dataclass\nclass Lost:\n    def again(self): return Lost()",
        [4],
    ),
    ("L04", EVENTS, f"{EVENT}@dataclass(frozen=True)\nclass Lost(Event): ...", [4]),
    (
        "L04",
        EVENTS,
        f"{EVENT}@dataclass(frozen=True)\nclass Lost(Event):\n"
        '    event_type = "lending.Found"',
        [5],
    ),
    (
        "L04",
        EVENTS,
        f"{EVENT}@dataclass(frozen=True)\nclass Lost(Event):\n"
        '    event_type: str = "lending.Lost"',
        [5],
    ),
    (
        "L04",
        EVENTS,
        f"{EVENT}D = 1\n@dataclass(frozen=True)\nclass Lost(Event):\n"
        '    event_type = f"{D}.Lost"',
        [6],
    ),
    (
        "L04",
        EVENTS,
        f"{EVENT}from app.audit import Audited\n"
        "@dataclass(frozen=True)\nclass Noted(Event): ...\n"
        "@dataclass(frozen=True)\nclass Lost(Noted, Audited): ...",
        [7],
    ),
    (
        "L04",
        EVENTS,
        f"{EVENT}@dataclass(frozen=True)\nclass Noted(Event, Generic[T]): ...\n"
        "@dataclass(frozen=True)\nclass Lost(Noted[int]): ...",
        [6],
    ),
    (
        "L04",
        EVENTS,
        f"{EVENT}@dataclass(frozen=True)\nclass Found(Event):\n"
        '    event_type = "lending.Lost"\n'
        "@dataclass(frozen=True)\nclass Lost(Event):\n"
        '    event_type = "lending.Lost"',
        [5, 8],
    ),
    ("L05", VALUES, f"{VALUE}@dataclass\nclass Fee: ...", [4]),
    ("L05", VALUES, "import dataclasses as d\n@d.dataclass()\nclass Fee: ...", [3]),
    ("L05", "app/shared/value_objects.py", f"{VALUE}class Fee(BaseModel): ...", [3]),
    (
        "L05",
        VALUES,
        "import msgspec\nclass Fee(msgspec.Struct, kw_only=True): ...",
        [2],
    ),
    (
        "L05",
        VALUES,
        "from pydantic import RootModel\nclass Fee(RootModel[int]): ...",
        [2],
    ),
    (
        "L05",
        VALUES,
        "from pydantic.dataclasses import dataclass\n@dataclass\nclass Fee: ...",
        [3],
    ),
    (
        "L05",
        VALUES,
        f"{VALUE}class Fee(BaseModel):\n"
        '    model_config = ConfigDict(extra="forbid")\n'
        'class Fine(BaseModel):\n    model_config = {"frozen": False}',
        [3, 5],
    ),
    (
        "L05",
        VALUES,
        f"{VALUE}@dataclass(frozen=True)\nclass Fee:\n    def grow(self):\n"
        '        object.__setattr__(self, "a", 1)',
        [6],
    ),
    (
        "L05",
        VALUES,
        "class Fee:\n    def __init__(self): self.a = 1\n"
        "    def grow(self): self.a += 1",
        [3],
    ),
    (
        "L05",
        VALUES,
        "class Fee:\n    def shrink(self):\n        del self.a\n"
        '        object.__delattr__(self, "b")',
        [3, 4],
    ),
    (
        "L06",
        HANDLERS,
        f"{HANDLER}def f(command: Open):\n"
        "    if command.days > 28:\n        raise TooLong()",
        [4],
    ),
    (
        "L06",
        ROUTER,
        f"{HANDLER}async def f(body: Open):\n"
        "    if body.a and body.days in (1, 2):\n        raise HTTPException(422)",
        [4],
    ),
    (
        "L06",
        HANDLERS,
        f"{HANDLER}async def f(self, command: Open):\n"
        "    loan = await self._loans.load(command.loan_id)\n"
        "    if loan.existing.due < today:\n        raise Overdue()\n"
        "    loan.state.due = today\n    loan._state = None",
        [5, 7, 8],
    ),
    (
        "L06",
        TOOL,
        f"{HANDLER}def f(loan: Loan):\n    if loan.state.fee > 3:\n        raise E",
        [4],
    ),
    (
        "L06",
        "app/lending/services/renewing.py",
        f"{HANDLER}async def f(self, a: int, command: Open, /):\n"
        "    loan = await self._loans.new(command.loan_id)\n"
        "    if command.fee < 3 and command.days > 2:\n        raise Overdue()\n"
        "    del loan.state.due",
        [5, 7],
    ),
    (
        "L06",
        TOOL,
        f"{HANDLER}def f(*, command: Open):\n    def g(command):\n"
        "        if command.days > 28:\n            raise TooLong()\n"
        "    if command.days < 1:\n        raise TooShort()",
        [7],
    ),
    ("L07", "app/lending/saga.py", "from app.lending.queries import GetLoan", [1]),
    ("L07", POLICIES, "from app.lending.queries import GetLoan", [1]),
    ("L07", POLICIES, "from .query_handlers import x\nfrom . import queries", [1, 2]),
    ("L07", "app/lending/sagas/lost.py", "import app.lending.queries as q", [1]),
    ("L07", POLICIES, "import app.lending.queries", [1]),
    ("L07", POLICIES, "from app.infra.projections.reader import Reader", [1]),
    ("L07", POLICIES, "def f():\n    from app.infra.cqrs.queries import QueryBus", [2]),
    ("L08", PRICING, "import asyncpg", [1]),
    (
        "L08",
        PRICING,
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import asyncpg\n"
        "else:\n    import asyncpg",
        [5],
    ),
    ("L08", TOOL, "from app.infra.persistence.migrations import migrate", [1]),
    ("L08", ROUTER, "from sqlalchemy.orm import Session", [1]),
    ("L08", HANDLERS, "def f():\n    import psycopg.rows as r", [2]),
    ("L08", "app/bootstrap.py", "import asyncpg", [1]),
    ("L08", TOOL, "from app.infra.persistence.postgres import Pool", [1]),
    ("L08", PRICING, "from ..infra.persistence import postgres", [1]),
]

SOUND = [
    # A time with a zone, however it is spelled.
    (TOOL, "from datetime import UTC, datetime as d\nd.now(UTC)\nd.now(tz=UTC)"),
    (TOOL, "from datetime import datetime as d\nx = d.now(**options)"),
    (TOOL, "from functools import partial\nfrom datetime import datetime\n"
     "now = partial(datetime.now, UTC)"),
    (TOOL, "from time import time, monotonic\ntime()\nmonotonic()"),
    # Things that are no clock, though they are called like one.
    (AGGREGATE, "def f(self, context):\n    return context.now, context.today"),
    (AGGREGATE, "from app.common import clock as datetime\ndatetime.now()"),
    (AGGREGATE, "from datetime import datetime\n"
     "def f(datetime):\n    return datetime.now()"),
    (AGGREGATE, "class Shift:\n    time: int\n    def f(self): return self.time()"),
    (AGGREGATE, "try:\n    from time import time\nexcept ImportError:\n"
     "    def time(): ...\ntime()"),
    (AGGREGATE, "from app.x import time\nfrom time import time\ntime()"),
    (AGGREGATE, "from time import time\nclass time: ...\ntime()"),
    (AGGREGATE, "from time import time\ndef f(x):\n    try: x()\n"
     "    except E as time: time()"),
    (AGGREGATE, "from time import time\ndef f(x):\n    match x:\n"
     "        case {'at': time}: return time()"),
    (AGGREGATE, "import time\ndef f(stub):\n    time.time = stub"),
    (AGGREGATE, 'x = "datetime.utcnow()"  # datetime.utcnow()'),
    (HANDLERS, "from datetime import UTC, datetime\ndatetime.now(UTC)"),
    ("app/time/aggregate.py", "from app.time.events import now\nnow()"),
    ("app/infra/aggregate.py", "import time\ntime.time()"),
    # Names that a library has given.
    (TOOL, "import ast\nclass A(ast.NodeVisitor):\n    def visit_Name(self, n): ..."),
    (TOOL, "from http.server import BaseHTTPRequestHandler as B\nclass A(B):\n"
     "    def do_GET(self): ...\nclass C(A):\n    def do_PUT(self): ..."),
    (TOOL, "from typing import override\nfrom app.x import B\nclass A(B):\n"
     "    @override\n    def visit_Name(self, n): ..."),
    (TOOL, "from lib import Visitor\nclass A(Visitor[int]):\n"
     "    def visitName(self): ..."),
    (TOOL, "def __init__(): ...\ndef _a1(): ...\ndef größe(): ..."),
    # Parts of events, and classes of events.
    (EVENTS, f"{EVENT}@dataclass(frozen=True)\nclass Line:\n    a: int\n"
     "@dataclass(frozen=True)\nclass Lost(Event):\n"
     '    event_type = "lending.Lost"\n    lines: "list[Line]"'),
    (EVENTS, f"{EVENT}@dataclass(frozen=True)\nclass Noted(Event):\n    note: str\n"
     '@dataclass(frozen=True)\nclass Lost(Noted):\n    event_type = "lending.Lost"'),
    (EVENTS, "from enum import StrEnum\nfrom app.common import events\n"
     "class Way(StrEnum): ...\nclass Wrong(ValueError): ...\nclass _Seen: ..."),
    (EVENTS, "from dataclasses import dataclass\nfrom app.audit import Audited\n"
     "@dataclass(frozen=True)\nclass Lost(Audited): ..."),
    (EVENTS, f"{EVENT}@dataclass(frozen=True)\nclass Line: ...\n"
     "@dataclass(frozen=True)\nclass Lost(Event):\n    lines: list[Line]\n"
     '    event_type = "lending.Lost"'),
    (EVENTS, f'{EVENT}from ours import event\n@event\nclass Lost(Event):\n'
     '    event_type = "lending.Lost"'),
    (EVENTS, f"{EVENT}@dataclass\nclass Wrong(ValueError): ...\n"
     "@dataclass\nclass _Seen: ..."),
    (EVENTS, f"{EVENT}from app.audit import Audited\n"
     "@dataclass(frozen=True)\nclass Noted(Audited): ...\n"
     "@dataclass(frozen=True)\nclass Lost(Noted): ..."),
    (EVENTS, "class Lost(Found): ...\nclass Found(Lost): ..."),
    (EVENTS, f"{EVENT}class Typed:\n    event_type: ClassVar[str]\n"
     "@dataclass(frozen=True)\nclass Lost(Typed, Event):\n"
     '    event_type = "lending.Lost"'),
    ("app/infra/events.py", f"{EVENT}@dataclass\nclass Lost: ..."),
    # Values that are frozen, in whatever way.
    (VALUES, f"{VALUE}@dataclass(frozen=True)\nclass Fee:\n    def __post_init__(self):"
     '\n        object.__setattr__(self, "a", 1)'),
    (VALUES, f"{VALUE}@dataclass(**OPTIONS)\nclass Fee: ..."),
    (VALUES, "from pydantic import BaseModel, ConfigDict\nclass Fee(BaseModel):\n"
     "    model_config = ConfigDict(frozen=True)\n"
     'class Fine(BaseModel):\n    model_config = {"frozen": True}\n'
     "class Fare(BaseModel):\n    model_config = {**OURS}\n"
     "class Toll(BaseModel):\n"
     "    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)\n"
     "class Sum(BaseModel, frozen=True): ...\n"
     "class All(BaseModel):\n    model_config = OURS"),
    (VALUES, "from msgspec import Struct\nclass Fee(Struct, frozen=True): ..."),
    (VALUES, "from typing import NamedTuple\nclass Fee(NamedTuple):\n    a: int\n"
     "    def more(self):\n        other = Fee(1)\n        other.a = 2"),
    (VALUES, "class _Parser:\n    def next(self): self.at += 1"),
    ("app/lending/states.py", f"{VALUE}@dataclass\nclass Running: ..."),
    # Who may ask, and what is there, is no rule of the business.
    (HANDLERS, f"{HANDLER}def f(command: Open, context):\n"
     "    if command.reader != context.actor.id:\n        raise Forbidden()"),
    (HANDLERS, f"{HANDLER}def f(command: Open, row):\n"
     "    if row.reader != command.reader:\n        raise errors.NotFound()"),
    (HANDLERS, f"{HANDLER}def f(command: Open, loan: Loan):\n"
     "    if loan.version.number > 3:\n        raise TooOld()\n"
     "    if not command.note:\n        raise Empty()"),
    (HANDLERS, f"{HANDLER}def f(command: Open, row):\n"
     "    if row is None:\n        raise Gone(command.loan_id)"),
    (HANDLERS, f"{HANDLER}def f(command: Open):\n"
     "    if command.days > 28:\n        log(command)"),
    (ROUTER, "def f(request, app, service):\n    request.state.user = 1\n"
     "    app.state.service = service\n    if request.state.a > 3:\n        raise E"),
    (ROUTER, "def f(headers):\n    if headers.key > 3:\n        raise Refused(4)"),
    (AGGREGATE, f"{HANDLER}def f(self, command: Open):\n"
     "    if command.days > 28:\n        raise TooLong()\n    self._state = 1"),
    # Policies of a domain that is itself about queries; types alone.
    (POLICIES, "from app.queries.events import Asked\nfrom app.queries import events"),
    (HANDLERS, "from app.lending.queries import GetLoan"),
    (POLICIES, "from app.infra.cqrs.queries_of_old import Asked"),
    ("app/policies.py", "from app.lending.queries import GetLoan"),
    (PRICING, "from typing import TYPE_CHECKING\n"
     "if TYPE_CHECKING:\n    import asyncpg"),
    (PRICING, "import asyncpg  # scaffold: allow L02, L08 counted once a year"),
    ("app/infra/search.py", "import asyncpg"),
    (ROUTER, "from app.infra.persistence.failures import LOST"),
    (PRICING, "from app.databases.events import X\nfrom . import databases"),
    ("app/bootstrap.py", "from app.infra.persistence.postgres import Pool"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "path", "text", "lines"), BROKEN)
def test_what_breaks_a_rule_is_found_on_its_line(
    code: str, path: str, text: str, lines: list[int]
) -> None:
    found = check(path, text)
    assert [(each.code, each.span.line) for each in found] == [(code, n) for n in lines]
    assert all(each.hint for each in found)


@pytest.mark.parametrize(
    "part",
    [
        *("aggregate", "commands", "custom", "decisions", "events", "policies"),
        *("projectors", "sagas", "upcasters", "value_objects"),
    ],
)
def test_no_clock_is_read_where_the_same_must_come_out_every_time(part: str) -> None:
    text = "import time\ndef f(): return time.time()"
    [found] = check(f"app/lending/{part}.py", text)
    assert (found.code, found.span.line) == ("L01", 2)


@pytest.mark.parametrize(("path", "text"), SOUND)
def test_good_code_is_left_alone(path: str, text: str) -> None:
    assert check(path, text) == ()


def test_every_rule_has_its_sample() -> None:
    assert {code for code, *_ in BROKEN} == CODES.keys() - {"L00"}


@pytest.mark.parametrize("case", sorted(GOLDEN.iterdir()), ids=lambda case: case.name)
def test_what_is_generated_keeps_the_rules(case: Path) -> None:
    files = archive.load((case / "expected.txtar").read_text()).files
    found = [
        each
        for path, text in files.items()
        if path.suffix == ".py" and path.parts[0] == "app"
        for each in check(str(path), text)
    ]
    # An event that was renamed keeps the name that is stored.
    renamed = case.name == "evolution"
    assert [e.message for e in found] == [
        'PurchaseMade is stored as "shop.ThingBought", which is another name'
    ] * renamed


def test_what_every_service_has_keeps_the_rules() -> None:
    for file in (SERVICE / "app").rglob("*.py"):
        path = file.relative_to(SERVICE).as_posix()
        assert check(path, file.read_bytes()) == (), path


def test_a_line_breaks_a_rule_for_a_reason_only() -> None:
    text = """\
        import asyncpg  # scaffold: allow L08 the report is asked for once a year
        import psycopg  # scaffold: allow L08
        import psycopg2  # scaffold: allow L01, L02 another rule
        x = "# scaffold: allow L08 no comment"; import aiopg
    """
    found = check(PRICING, dedent(text))
    assert [each.span.line for each in found] == [2, 3, 4]
    assert "gives no reason" in found[0].hint
    assert "gives no reason" not in found[1].hint


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (b"x = 1\ndef f(:\n", 2),
        (b"x = '\x00'", 1),
        (b"x = '\xff'", 1),
        (b"# coding: klingon\n", 1),
        (b"(" * 5000, 1),
        (b"x = " + b"-" * 100_000 + b"1", 1),
    ],
    ids=["grammar", "null", "bytes", "encoding", "brackets", "deep"],
)
def test_what_is_no_python_is_said_with_its_place(source: bytes, line: int) -> None:
    [found] = check(PRICING, source)
    assert (found.code, found.span.line) == ("L00", line)


def test_a_finding_points_at_the_words(capfd: pytest.CaptureFixture[str]) -> None:
    text = 'from datetime import datetime\nx = ("é\\d", datetime.now())\n'
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        [found] = check(TOOL, text.encode())
    said = show(found, {TOOL: text.split("\n")})
    assert said.splitlines()[1:3] == [
        '  2 | x = ("é\\d", datetime.now())',
        "    |             ^^^^^^^^^^^^",
    ]
    assert capfd.readouterr() == ("", "")
