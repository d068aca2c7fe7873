"""A rich scope for expressions, and the Python in which what they print can run."""

from __future__ import annotations

import datetime as time
import random
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID as Uuid

from generator.expressions import Binding, Scope
from generator.types import (
    BOOL,
    DATE,
    DATETIME,
    DECIMAL,
    DURATION,
    FLOAT,
    INT,
    STR,
    UUID,
    Parameter,
    Type,
    annotation,
    enum,
    list_of,
    map_of,
    ref,
    value_object,
)

STATUS, LEVEL = enum("hotel.Status"), enum("shared.Level")
STAY, LINE = value_object("hotel.Stay"), value_object("hotel.Line")
GUEST, ROOM = ref("guest.Guest"), ref("room.Room")

ENUMS: Mapping[str, tuple[str, ...]] = {
    "hotel.Status": ("requested", "confirmed", "cancelled"),
    "shared.Level": ("silver", "gold", "EUR"),
}
VALUES: Mapping[str, Mapping[str, Type]] = {
    "hotel.Stay": {"check_in": DATE, "check_out": DATE, "note": STR.or_none},
    "hotel.Line": {
        "price": DECIMAL,
        "count": INT,
        "discount": DECIMAL.or_none,
        "status": STATUS,
        "stay": STAY.or_none,
    },
}
COMPUTED: Mapping[str, Mapping[str, Type]] = {"hotel.Stay": {"nights": INT}}
STATE: Mapping[str, Type] = {
    "status": STATUS,
    "total": DECIMAL,
    "paid": DECIMAL.or_none,
    "stay": STAY,
    "level": LEVEL.or_none,
    "guest_id": GUEST,
}
FIELDS: Mapping[str, Type] = {
    "count": INT,
    "other": INT,
    "limit": INT.or_none,
    "amount": DECIMAL,
    "budget": DECIMAL.or_none,
    "weight": FLOAT,
    "ratio": FLOAT.or_none,
    "active": BOOL,
    "vip": BOOL,
    "name": STR,
    "nick": STR.or_none,
    "email": Type("email"),
    "day": DATE,
    "until": DATE.or_none,
    "moment": DATETIME,
    "seen": DATETIME.or_none,
    "pause": DURATION,
    "key": UUID,
    "guest_id": GUEST,
    "host_id": GUEST.or_none,
    "room_id": ROOM,
    "status": STATUS,
    "former": STATUS.or_none,
    "level": LEVEL,
    "stay": STAY,
    "trial": STAY.or_none,
    "lines": list_of(LINE),
    "numbers": list_of(INT),
    "amounts": list_of(DECIMAL),
    "names": list_of(STR),
    "states": list_of(STATUS),
    "days_off": list_of(DATE),
    "stock": map_of(INT),
    "password": STR,
}


ABSURD: Mapping[str, Sequence[Any]] = {
    "int": (-(2**63), 2**63 - 1, 10**400),
    "decimal": tuple(map(Decimal, ("9" * 100, "-" + "9" * 100, "1e-900", "9e999"))),
    "float": (sys.float_info.max, -sys.float_info.max, sys.float_info.min),
    "date": (time.date.min, time.date.max),
    "datetime": tuple(
        time.datetime(*each, tzinfo=time.UTC)
        for each in ((1, 1, 1, 0, 0, 0, 1), (9999, 12, 31, 23, 59, 59, 999_998))
    ),
    "duration": (time.timedelta(days=-3_652_058), time.timedelta(days=3_652_058)),
}


class World:
    """Answers what `Shapes` asks, for the enums and value objects above."""

    @property
    def declared(self) -> Mapping[str, Type]:
        return {"Status": STATUS, "Level": LEVEL, "Stay": STAY, "Line": LINE}

    def members(self, enum: str) -> Sequence[str]:
        return ENUMS[enum]

    def fields(self, value: str) -> Mapping[str, Type]:
        if value == "hotel.Reservation.state":
            return STATE
        return {**VALUES[value], **COMPUTED.get(value, {})}

    def parameters(self, value: str) -> Mapping[str, Parameter]:
        return {
            name: Parameter(type, not type.optional)
            for name, type in VALUES[value].items()
        }

    def naming(self, name: str) -> str:
        return name.rpartition(".")[2]


WORLD = World()
NAMES: Mapping[str, Binding] = {
    **{
        name: Binding(type, f"command.{name}", secret=name == "password")
        for name, type in FIELDS.items()
    },
    "state": Binding(value_object("hotel.Reservation.state"), "state", kept=True),
    "event.at": Binding(DATETIME, "envelope.at"),
    "event.version": Binding(INT, "envelope.version"),
}
SCOPE = Scope(NAMES, WORLD)
IN_FOLD = Scope(NAMES, WORLD, clock=False, partial=False)

PRELUDE = """
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from uuid import UUID
from app.common import bounded, saturating
from app.common.decimals import quantize

class Context:
    now = datetime(2030, 1, 15, 12, tzinfo=UTC)
    today = date(2030, 1, 15)

    def new_id(self) -> UUID:
        return UUID("01890a5d-ac96-774b-bcce-b302099a8057")

class Envelope:
    at = datetime(2030, 1, 14, 9, 30, tzinfo=UTC)
    version = 3
"""


def classes() -> str:
    """The Python of the enums, value objects, command and state of this world."""
    parts = [PRELUDE]
    for name, members in ENUMS.items():
        lines = [f"    {member.upper()} = {member!r}" for member in members]
        parts.append(f"class {WORLD.naming(name)}(StrEnum):\n" + "\n".join(lines))
    for name, fields in VALUES.items():
        computed = ""
        if name in COMPUTED:
            computed = (
                "\n    @property\n    def nights(self) -> int:\n"
                "        return (self.check_out - self.check_in).days"
            )
        parts.append(_dataclass(WORLD.naming(name), fields) + computed)
    parts += [_dataclass("State", STATE), _dataclass("Command", FIELDS)]
    return "\n\n".join(parts)


def _dataclass(name: str, fields: Mapping[str, Type]) -> str:
    lines = []
    for field, type in sorted(fields.items(), key=lambda each: each[1].optional):
        printed = annotation(type, constrained=False, naming=WORLD.naming)
        lines.append(f"    {field}: {printed}{' = None' if type.optional else ''}")
    header = "@dataclass(frozen=True, slots=True, kw_only=True)"
    return f"{header}\nclass {name}:\n" + "\n".join(lines)


def run(text: str) -> ModuleType:
    """The module that is printed as this text."""
    module = ModuleType("printed")
    sys.modules[module.__name__] = module
    exec(compile(text, "printed.py", "exec"), module.__dict__)
    return module


def values(module: Any, chance: random.Random, absurd: bool = False) -> SimpleNamespace:
    """A command and a state with values drawn by chance, up to all that can be said."""
    made = SimpleNamespace(module=module, chance=chance, absurd=absurd)
    make = {name: _value(made, type) for name, type in FIELDS.items()}
    state = {name: _value(made, type) for name, type in STATE.items()}
    return SimpleNamespace(
        module=module,
        command=module.Command(**make),
        state=module.State(**state),
        envelope=module.Envelope(),
        context=module.Context(),
    )


def _value(made: SimpleNamespace, type: Type) -> Any:
    chance: random.Random = made.chance
    if type.optional:
        return None if chance.random() < 0.4 else _value(made, type.required)
    if made.absurd and type.kind in ABSURD and chance.random() < 0.7:
        return chance.choice(ABSURD[type.kind])
    match type.kind:
        case "int":
            return chance.choice([-2, 0, 1, 2, 3, 7])
        case "decimal":
            return Decimal(chance.choice(["-1.50", "0", "1", "0.80", "100.00"]))
        case "float":
            return chance.choice([-0.5, 0.0, 1.5, 2.0])
        case "bool":
            return chance.random() < 0.5
        case "str" | "email":
            return chance.choice(["", "Ada", "ada", " grace ", "a@b.example"])
        case "date":
            return time.date(2030, 1, chance.choice([1, 15, 22, 30]))
        case "datetime":
            zone = time.timezone(time.timedelta(hours=chance.choice([0, 5, -9])))
            return time.datetime(2030, 1, 14, chance.choice([1, 9, 23]), tzinfo=zone)
        case "duration":
            return time.timedelta(hours=chance.choice([-3, 0, 12, 48]))
        case "uuid" | "ref":
            return Uuid(int=chance.choice([1, 2, 3]))
    return _composed(made, type)


def _composed(made: SimpleNamespace, type: Type) -> Any:
    match type.kind:
        case "enum":
            members = list(getattr(made.module, WORLD.naming(type.name)))
            return made.chance.choice(members)
        case "value":
            fields = {n: _value(made, t) for n, t in VALUES[type.name].items()}
            return getattr(made.module, WORLD.naming(type.name))(**fields)
        case "list":
            return [_value(made, type.element) for _ in range(made.chance.randrange(4))]
        case "map":
            return {"Ada": _value(made, type.element), "": _value(made, type.element)}
    raise AssertionError(type)
