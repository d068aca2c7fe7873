"""What the generated tests of a domain try: ready to be printed.

Unit tests are the scenarios of each aggregate; row tests fold histories of examples;
API tests send the example of every route to a real service.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from generator.model import Aggregate, Assignment, Given, Scenario

LONGEST_NAME = 60


def fitting(*words: str) -> str:
    """A name made of names, cut to what fits on a line and still its own."""
    name = "_".join(words)
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 5]}_{sha256(name.encode()).hexdigest()[:4]}"


@dataclass(frozen=True, slots=True)
class UnitTests:
    """The scenarios of one aggregate, and the ids that they speak of."""

    aggregate: str
    scenarios: tuple[Scenario, ...]

    @property
    def ids(self) -> tuple[Assignment, ...]:
        """A constant for each id, in the order in which they are met."""
        return tuple(dict.fromkeys(id for each in self.scenarios for id in each.ids))


@dataclass(frozen=True, slots=True)
class History:
    """A stream that a row is folded from, and the event that matters in it."""

    event: str
    stream: str
    events: tuple[Given, ...]


@dataclass(frozen=True, slots=True)
class RowTests:
    """Histories for the rows of one read model; `endings` leave no row."""

    table: str
    histories: tuple[History, ...]
    endings: tuple[History, ...]

    def ended_by(self, ending: History) -> str:
        """The name of the test about an event that ends a row."""
        return fitting("test", ending.event, "ends", self.table)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: printed headers, or nobody where none are needed."""

    headers: str = ""

    def saying(self, header: str, value: str) -> str:
        """The headers with one more."""
        more = f'{{"{header}": {value}}}'
        return f"{self.headers} | {more}" if self.headers else more

    @property
    def argument(self) -> str:
        """The headers as the last argument of a request."""
        return f", headers={self.headers}" if self.headers else ""


def fixtures(*callers: Caller) -> str:
    """The parameters of a test in which these callers speak."""
    tokens = any(caller.headers for caller in callers)
    return "client: AsyncClient" + (", token_for: TokenFor" if tokens else "")


class Sent:
    """Something that a caller sends: its test is named by the method."""

    __slots__ = ()
    method: str
    caller: Caller

    @property
    def fixtures(self) -> str:
        """The parameters of its test."""
        return fixtures(self.caller)

    @property
    def test(self) -> str:
        """The beginning of the name of its test."""
        return fitting("test", self.method)


@dataclass(frozen=True, slots=True)
class Look(Sent):
    """A query, and the field of its answer that names what it shows.

    `nothing` is what its answer says, printed, while there is nothing to show.
    """

    method: str
    path: str
    parameters: str
    caller: Caller
    key: str
    nothing: str

    @property
    def waiting(self) -> str:
        """The headers of somebody who waits for what a command has written."""
        return self.caller.saying("X-Wait-For", 'created["token"]')

    @property
    def arguments(self) -> str:
        """What is sent."""
        return f'"{self.path}"{self.sought}{self.caller.argument}'

    @property
    def sought(self) -> str:
        """What is asked for beside the path, as an argument of a request."""
        return f", params={self.parameters}" if self.parameters else ""


@dataclass(frozen=True, slots=True)
class Request(Sent):
    """A command that is sent to its route; `body` is empty where it has none."""

    method: str
    path: str
    body: str
    caller: Caller

    @property
    def arguments(self) -> str:
        """What is sent."""
        body = f", json={self.body}" if self.body else ""
        return f'"{self.path}"{body}{self.caller.argument}'


@dataclass(frozen=True, slots=True)
class Creation(Request):
    """A creating command, with its example as the constant `body`.

    `refusal` is the rule that refuses the example, and `status` the answer to it. Where
    custom code decides, `open` lists the refusals that may come instead.
    """

    example: str
    guarded: bool
    refusal: str
    status: int
    open: tuple[str, ...]
    views: tuple[Look, ...]
    lists: tuple[Look, ...]

    @property
    def open_codes(self) -> str:
        """The refusals of an open decision, as arguments."""
        return ", ".join(f'"{error}"' for error in self.open)

    @property
    def readers(self) -> str:
        """The parameters of a test in which others look at what was made."""
        looks = (*self.views, *self.lists)
        return fixtures(self.caller, *(look.caller for look in looks))

    @property
    def repeatable(self) -> str:
        """The headers of somebody who may send the same again."""
        return self.caller.saying("Idempotency-Key", '"once"')


@dataclass(frozen=True, slots=True)
class Reaction:
    """An event, and the command that a policy makes of it, if it makes one."""

    function: str
    policy: str
    event: str
    command: str


@dataclass(frozen=True, slots=True)
class DomainTests:
    """All tests of one domain."""

    title: str
    module: str
    imports: str
    somebody: str
    row_ids: tuple[Assignment, ...]
    units: tuple[UnitTests, ...]
    rows: tuple[RowTests, ...]
    creations: tuple[Creation, ...]
    strangers: tuple[Request, ...]
    lists: tuple[Look, ...]
    reactions: tuple[Reaction, ...]
    policy_ids: tuple[Assignment, ...]
    example_event: str

    @property
    def has_open(self) -> bool:
        """Whether custom code decides about an example."""
        return any(creation.open for creation in self.creations)

    def of(self, aggregate: Aggregate) -> UnitTests:
        """The unit tests of an aggregate."""
        return next(each for each in self.units if each.aggregate == aggregate.name)

    def file_of(self, aggregate: Aggregate) -> str:
        """The file of its unit tests; none where it has no scenarios."""
        found = self.of(aggregate).scenarios
        return f"test_{aggregate.module}.py" if found else ""

    @property
    def rows_file(self) -> str:
        """The file of the row tests; none where there are no rows."""
        return f"test_{self.module}_read_models.py" if self.rows else ""

    @property
    def policies_file(self) -> str:
        """The file of the policies' tests; none where no example makes one act."""
        return f"test_{self.module}_policies.py" if self.reactions else ""

    @property
    def api_file(self) -> str:
        """The file of the API tests; none where the outside sees nothing."""
        requests = self.creations or self.strangers or self.lists
        return f"test_{self.module}_api.py" if requests else ""
