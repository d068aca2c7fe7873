"""A small blueprint that is rich in kinds, and every change that can be made to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SERVICE = """\
service: salon
summary: A restaurant that knows its guests.
roles: [host, guest]
types: {Money: decimal(ge=0 decimal_places=2)}
"""
TABLES = """\
domain: tables
summary: Tables, and the parties at them.

types:
  Number: int(ge=1)

enums:
  Status: [held, seated, released]
  Mood: [calm, merry]

value_objects:
  Party:
    summary: Who comes, and how many of them.
    fields: {name: str, size: int}
    rules:
      - {require: size > 0, message: Nobody comes.}

aggregates:
  Booking:
    summary: One party at one table.
    state:
      status: Status
      party: Party
      table: Number
      mood: Mood?
      fee: Money
      thanks: int = 0
    lifecycle: status
    unique:
      - {of: table, while: [held, seated], error: TableTaken}
    commands:
      HoldTable:
        creates: true
        fields: {party: Party, table: Number}
        access: guest
        rules:
          - {require: party.size <= 8, error: PartyTooLarge}
          - {custom: check_room, error: NoRoom}
        emits:
          TableHeld: {fee: party.size * 2}
      SeatParty:
        from: held
        fields: {mood: Mood}
        access: host
        emits: PartySeated
      ReleaseTable: {from: [held, seated], access: host, emits: TableReleased}
      ThankGuest: {access: internal, emits: GuestThanked}
    events:
      TableHeld:
        to: held
        fields: {party: Party, table: Number, fee: Money}
      PartySeated: {to: seated, fields: {mood: Mood}}
      TableReleased: {to: released}
      GuestThanked: {set: {thanks: state.thanks + 1}}

read_models:
  BookingView:
    key: booking_id
    columns: {status: Status, table: Number, mood: Mood?, held_at: datetime}
    on:
      TableHeld: {insert: {held_at: event.at}}
      PartySeated: update
      TableReleased: update

queries:
  GetBooking: {from: BookingView, by: booking_id, access: host}
  ListBookings:
    from: BookingView
    filter: [status?, table?]
    sort: [-held_at]
    access: host

policies:
  ThankThem: {on: TableReleased, send: ThankGuest}

scenarios:
  - name: A party of nine is too large
    when: {HoldTable: {party: {name: Ada, size: 9}}}
    then: PartyTooLarge
  - name: A party that is seated is merry
    given: [TableHeld]
    when: {SeatParty: {mood: merry}}
    then: [PartySeated: {mood: merry}]
"""
CELLAR = """\
domain: cellar
summary: The bottles below.

aggregates:
  Bottle:
    state: {label: str}
    commands:
      LayDown: {creates: true, fields: {label: str}, access: host, emits: LaidDown}
    events:
      LaidDown: {fields: {label: str}}

read_models:
  BottleView:
    key: bottle_id
    columns: {label: str}
    on: {LaidDown: insert}

queries:
  GetBottle: {from: BottleView, by: bottle_id, access: host}
"""
KITCHEN = (
    CELLAR.replace("cellar", "kitchen")
    .replace("The bottles below", "What is cooked")
    .replace("Bottle", "Dish")
    .replace("bottle", "dish")
    .replace("LayDown", "Cook")
    .replace("LaidDown", "Cooked")
)
TABLES_FILE = "tables.yaml"
UNIQUE = TABLES[TABLES.index("    unique:") : TABLES.index("    commands:")]
SERVICE_FILE = "service.yaml"
BLUEPRINT = {SERVICE_FILE: SERVICE, TABLES_FILE: TABLES, "cellar.yaml": CELLAR}

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """What somebody changes in the blueprint: rows of it, each by another text."""

    element: str
    kind: str
    rows: tuple[tuple[str, str], ...]
    everywhere: bool = False
    """Whether it is about the whole service, and other domains may feel it."""
    words: tuple[tuple[str, str], ...] = ()
    """Words of people's rows that are others now."""
    left: str = ""
    """A module in which something stays because people wrote it, and does not fit."""
    asks: str = ""
    """A function of custom code that is to be written now."""

    def __str__(self) -> str:
        return f"{self.kind}-{self.element}"

    @property
    def lines(self) -> frozenset[int]:
        """The lines of the tables' blueprint that it changes first."""
        return frozenset(
            TABLES[: TABLES.index(row)].count("\n")
            for old, _ in self.rows
            for row in old.splitlines(keepends=True)
            if row in TABLES
        )

    def made(self, texts: Texts) -> dict[str, str]:
        """The blueprint with this change."""
        names = texts if self.everywhere else [TABLES_FILE]
        changed = {name: texts[name] for name in names}
        for old, new in self.rows:
            said = any(old in text for text in changed.values())
            assert said, f"{self}: no row says {old!r}"
            changed = {name: text.replace(old, new) for name, text in changed.items()}
        return {**texts, **changed}


def _change(
    element: str,
    kind: str,
    *rows: tuple[str, str],
    words: tuple[tuple[str, str], ...] = (),
    left: str = "",
    asks: str = "",
) -> Change:
    return Change(element, kind, rows, words=words, left=left, asks=asks)


CHANGES = (
    _change("type", "add", ("  Number: int", "  Note: str\n  Number: int")),
    _change("type", "rename", ("Number", "Place")),
    _change("type", "retype", ("int(ge=1)", "int(ge=1 le=99)")),
    _change("type", "remove", ("types:\n  Number: int(ge=1)\n", ""), ("Number", "int")),
    _change(
        "enum",
        "add",
        ("  Mood: [", "  Light: [dim, bright]\n  Mood: ["),
        ("fields: {mood: Mood}", "fields: {mood: Mood, light: Light?}"),
    ),
    _change("enum", "rename", ("Mood", "Temper")),
    _change(
        "enum", "remove", ("  Mood: [calm, merry]\n", ""), ("Mood", "str"), left="enums"
    ),
    _change("member", "add", ("[calm, merry]", "[calm, merry, loud]")),
    _change("member", "rename", ("[calm, merry]", "[quiet, merry]")),
    _change(
        "member",
        "remove",
        ("[calm, merry]", "[merry]"),
    ),
    _change(
        "value",
        "add",
        ("aggregates:\n", "  Extra: {fields: {what: str}}\n\naggregates:\n"),
        ("fields: {mood: Mood}", "fields: {mood: Mood, extra: Extra?}"),
    ),
    _change(
        "value",
        "rename",
        ("  Party:\n", "  Company:\n"),
        ("party: Party", "party: Company"),
    ),
    _change(
        "value rule",
        "add",
        (
            "Nobody comes.}",
            "Nobody comes.}" + ("\n      - {require: size < 100, message: Too many.}"),
        ),
    ),
    _change("value rule", "retype", ("size > 0", "size >= 1")),
    _change(
        "value rule",
        "remove",
        ("    rules:\n      - {require: size > 0, message: Nobody comes.}\n", ""),
    ),
    _change("value field", "add", ("size: int}", "size: int, pram: bool = false}")),
    _change(
        "value field",
        "rename",
        ("size: int}", "heads: {type: int, was: size}}"),
        ("size >", "heads >"),
        ("party.size", "party.heads"),
        ("size: 9", "heads: 9"),
    ),
    _change("value field", "retype", ("{name: str,", "{name: str(max_length=40),")),
    _change("value field", "remove", ("{name: str, ", "{"), ("{name: Ada, ", "{")),
    _change(
        "aggregate",
        "add",
        (
            "read_models:\n",
            """\
  Chair:
    commands:
      BuyChair: {creates: true, access: host, emits: ChairBought}
    events:
      ChairBought:

read_models:
""",
        ),
    ),
    _change(
        "aggregate",
        "rename",
        ("  Booking:\n", "  Visit:\n    was: Booking\n"),
        ("booking_id", "visit_id"),
        words=(
            ("booking_id", "visit_id"),
            ("Booking", "Visit"),
            ("bookings", "visits"),
        ),
    ),
    _change(
        "state",
        "add",
        ("      thanks: int", "      host: str?\n      thanks: int"),
        (
            "      PartySeated: {to: seated, fields: {mood: Mood}}",
            "      PartySeated: {to: seated, fields: {mood: Mood, host: str?}}",
        ),
        ("fields: {mood: Mood}\n", "fields: {mood: Mood, host: str?}\n"),
    ),
    _change("state", "rename", ("thanks", "praises")),
    _change("state", "retype", ("thanks: int", "thanks: int(ge=0)")),
    _change("state", "remove", ("      mood: Mood?\n", "")),
    _change(
        "command",
        "add",
        (
            "    events:\n",
            """\
      Warn:
        from: seated
        fields: {why: str}
        access: host
        emits: Warned
    events:
      Warned: {fields: {why: str}}
""",
        ),
    ),
    _change("command", "rename", ("SeatParty", "ShowToTable"), left="commands"),
    _change("command", "retype", ("from: [held, seated]", "from: seated")),
    _change(
        "command",
        "remove",
        ("      ThankGuest: {access: internal, emits: GuestThanked}\n", ""),
        ("      GuestThanked: {set: {thanks: state.thanks + 1}}\n", ""),
        ("      thanks: int = 0\n", ""),
        ("policies:\n  ThankThem: {on: TableReleased, send: ThankGuest}\n", ""),
        left="policies",
    ),
    _change(
        "command field",
        "add",
        (
            "{party: Party, table: Number}\n        access",
            ("{party: Party, table: Number, note: str?}\n        access"),
        ),
    ),
    _change(
        "command field",
        "rename",
        (
            "fields: {mood: Mood}\n        access",
            "fields: {temper: {type: Mood, was: mood}}\n        access",
        ),
        ("emits: PartySeated", "emits: {PartySeated: {mood: temper}}"),
        ("SeatParty: {mood", "SeatParty: {temper"),
    ),
    _change(
        "command field",
        "retype",
        (
            "{party: Party, table: Number}\n        access",
            "{party: Party, table: Number(le=50)}\n        access",
        ),
    ),
    _change(
        "command field",
        "remove",
        ("fields: {mood: Mood}\n        access", "access"),
        ("emits: PartySeated", "emits: {PartySeated: {mood: Mood.merry}}"),
        ("SeatParty: {mood: merry}", "SeatParty: {}"),
    ),
    _change(
        "event",
        "add",
        ("emits: PartySeated", "emits: [PartySeated, CandleLit]"),
        ("    events:\n", "    events:\n      CandleLit:\n"),
        ("[PartySeated: {mood: merry}]", "[PartySeated: {mood: merry}, CandleLit]"),
    ),
    _change(
        "event",
        "rename",
        ("PartySeated: {to", "GuestsSeated: {was: PartySeated, to"),
        ("emits: PartySeated", "emits: GuestsSeated"),
        ("PartySeated: update", "GuestsSeated: update"),
        ("[PartySeated: {mood", "[GuestsSeated: {mood"),
    ),
    _change(
        "event",
        "remove",
        ("      GuestThanked: {set: {thanks: state.thanks + 1}}\n", ""),
        ("emits: GuestThanked}", "emits: TableReleased}"),
        ("  ThankThem: {on: TableReleased", "  ThankThem: {on: PartySeated"),
        ("      thanks: int = 0\n", ""),
    ),
    _change(
        "event field",
        "add",
        ("table: Number, fee: Money}", ("table: Number, fee: Money, note: str?}")),
    ),
    _change(
        "event field",
        "rename",
        (
            "table: Number, fee: Money}",
            "table: Number, price: {type: Money, was: fee}}",
        ),
        ("TableHeld: {fee:", "TableHeld: {price:"),
        ("      fee: Money", "      price: {type: Money, was: fee}"),
    ),
    _change(
        "event field",
        "retype",
        ("table: Number, fee: Money}", "table: Number, fee: Money?}"),
        ("      fee: Money\n", "      fee: Money?\n"),
    ),
    _change(
        "event field",
        "remove",
        ("table: Number, fee: Money}", "table: Number}"),
        (
            "        emits:\n          TableHeld: {fee: party.size * 2}\n",
            "        emits: TableHeld\n",
        ),
        ("      fee: Money\n", ""),
    ),
    _change(
        "rule",
        "add",
        (
            "          - {custom",
            ("          - {require: table != 13, error: Unlucky}\n          - {custom"),
        ),
    ),
    _change("rule", "rename", ("PartyTooLarge", "PartyTooBig"), left="exceptions"),
    _change("rule", "retype", ("party.size <= 8", "party.size <= 7")),
    _change(
        "rule",
        "remove",
        ("          - {require: party.size <= 8, error: PartyTooLarge}\n", ""),
        (
            """\
  - name: A party of nine is too large
    when: {HoldTable: {party: {name: Ada, size: 9}}}
    then: PartyTooLarge
""",
            "",
        ),
        left="exceptions",
    ),
    _change(
        "unique",
        "add",
        (
            "error: TableTaken}",
            "error: TableTaken}"
            + ("\n      - {of: party.name, while: held, error: GuestWaits}"),
        ),
    ),
    _change("unique", "rename", ("TableTaken", "TableGone")),
    _change("unique", "retype", ("while: [held, seated]", "while: seated")),
    _change(
        "unique",
        "remove",
        (
            UNIQUE,
            "",
        ),
    ),
    _change(
        "read model",
        "add",
        (
            "queries:\n",
            """\
  MoodView:
    key: booking_id
    columns: {mood: Mood}
    on: {TableHeld: {insert: {mood: Mood.calm}}, PartySeated: update}

queries:
  GetMood: {from: MoodView, by: booking_id, access: host}
""",
        ),
    ),
    _change("read model", "rename", ("BookingView", "SeatingView")),
    _change(
        "read model",
        "remove",
        (TABLES[TABLES.index("read_models:") : TABLES.index("policies:")], ""),
        left="query_handlers/tables_query_handlers",
    ),
    _change(
        "column", "add", ("held_at: datetime}", "held_at: datetime, party: Party}")
    ),
    _change("column", "rename", ("held_at", "since")),
    _change(
        "column",
        "retype",
        ("held_at: datetime}", "held_at: date}"),
        ("held_at: event.at}", "held_at: event.at.date}"),
    ),
    _change(
        "column",
        "remove",
        ("mood: Mood?, held_at: datetime", "held_at: datetime"),
        ("      PartySeated: update", "      PartySeated: update"),
    ),
    _change(
        "query",
        "add",
        (
            "policies:\n",
            """\
  AllBookings: {from: BookingView, access: host}

policies:
""",
        ),
    ),
    _change("query", "rename", ("ListBookings", "Seatings"), left="queries"),
    _change("query", "retype", ("    sort: [-held_at]", "    sort: [held_at, table]")),
    _change(
        "query",
        "remove",
        ("  GetBooking: {from: BookingView, by: booking_id, access: host}\n", ""),
        left="query_handlers/tables_query_handlers",
    ),
    _change(
        "filter",
        "add",
        ("filter: [status?, table?]", ("filter: [status?, table?, mood?]")),
    ),
    _change(
        "filter",
        "rename",
        (
            "filter: [status?, table?]",
            ("filter: [status?, {name: at, column: table, optional: true}]"),
        ),
        left="queries",
    ),
    _change(
        "filter", "retype", ("filter: [status?, table?]", ("filter: [status?, table]"))
    ),
    _change(
        "filter",
        "remove",
        ("filter: [status?, table?]", "filter: [status?]"),
        left="queries",
    ),
    _change(
        "policy",
        "add",
        (
            "  ThankThem:",
            ("  ThankAtOnce: {on: PartySeated, send: ThankGuest}\n  ThankThem:"),
        ),
    ),
    _change("policy", "rename", ("ThankThem", "SayThanks")),
    _change("policy", "retype", ("on: TableReleased,", "on: PartySeated,")),
    _change(
        "policy",
        "remove",
        ("policies:\n  ThankThem: {on: TableReleased, send: ThankGuest}\n", ""),
        ("access: internal", "access: host"),
    ),
    _change(
        "scenario",
        "add",
        (
            "scenarios:\n",
            """\
scenarios:
  - name: A table is released only once
    given: [TableHeld, TableReleased]
    when: ReleaseTable
    then: InvalidTransition
""",
        ),
    ),
    _change("scenario", "rename", ("A party of nine", "A party of many")),
    _change("scenario", "retype", ("size: 9}", "size: 10}")),
    _change(
        "scenario", "remove", (TABLES[TABLES.index("  - name: A party that") :], "")
    ),
    _change(
        "custom",
        "add",
        (
            "error: NoRoom}",
            "error: NoRoom}"
            + ("\n          - {custom: check_guest, error: NotWelcome}"),
        ),
        asks="check_guest",
    ),
    _change("custom", "rename", ("check_room", "look_for_room"), asks="look_for_room"),
    _change("custom", "retype", ("error: NoRoom}", "error: [NoRoom, Closed]}")),
    _change(
        "custom",
        "remove",
        ("          - {custom: check_room, error: NoRoom}\n", ""),
        left="custom",
    ),
    Change("role", "add", (("[host, guest]", "[host, guest, cook]"),), True),
    Change("role", "rename", (("host", "chief"),), True),
    Change(
        "role",
        "remove",
        (("[host, guest]", "[host]"), ("access: guest", "access: host")),
        True,
    ),
    Change("service", "retype", (("A restaurant that", "A house that"),), True),
    Change("shared type", "retype", (("places=2", "places=3"),), True),
)
