"""The reference of the language says what the code takes; `--update-cases` prints it.

Keys, what they hold, types, constraints and functions come from the tables that the
tool itself reads. Only the titles, and what functions mean, are written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from generator.expressions import ExpressionError, compile_expression
from generator.expressions.attributes import ATTRIBUTES, METHODS
from generator.expressions.functions import FUNCTIONS
from generator.schema import TEXT, schema
from generator.shape_words import WORDS
from generator.type_text import ALLOWED, BUILTIN
from generator.types import CHECKED, POSTGRES, PYTHON, ROUNDINGS
from tests.docs.reader import ROOT
from tests.language.world import SCOPE

PAGE = ROOT / "docs/reference/language.md"
TITLES = {
    "ServiceShape": "A service",
    "DomainShape": "A domain",
    "FieldShape": "A field",
    "ValueObjectShape": "A value object",
    "AggregateShape": "An aggregate",
    "UniqueShape": "A unique key",
    "CommandShape": "A command",
    "RuleShape": "A rule",
    "CustomRuleShape": "A rule in Python",
    "EmissionShape": "What a command emits",
    "CustomEmissionShape": "What Python emits",
    "EventShape": "An event",
    "UpcastShape": "An upcast",
    "ReadModelShape": "A read model",
    "ActionShape": "What an event does to a row",
    "QueryShape": "A query",
    "FilterShape": "A filter",
    "PolicyShape": "A policy",
    "ScenarioShape": "A scenario",
}
FORMS = {
    "FieldShape": "Short: the type, `due: date`, or with a default, `fee: int = 0`.",
    "EmissionShape": "Short: `LoanOpened`, or `LoanOpened: {due: today + days(28)}`; "
    "several of them are a list.",
    "ActionShape": "Short: `insert`, `update`, `upsert` or `delete` alone.",
    "FilterShape": "Short: `status`, or `status?` where the caller may leave it out.",
}
MEANINGS = {
    "len": "how many characters, bytes, elements or entries",
    "sum": "numbers or durations added up; nothing makes 0",
    "min": "the least; of an empty list it fails",
    "max": "the greatest; of an empty list it fails",
    "any": "whether one condition holds",
    "all": "whether every condition holds",
    "round": "to a whole number, or to places of the same type",
    "abs": "without its sign",
    "sorted": "the list in its order",
    "unique": "the list without repetitions, in the order of first appearance",
    "range": "whole numbers up to, and without, the last",
    "first": "the first element; of an empty list it fails",
    "new_id": "a new UUID; only where a command is decided",
    "days": "a duration",
    "hours": "a duration",
    "minutes": "a duration",
    "seconds": "a duration",
}
PROSE = """# The language

Every key of a blueprint, with what it holds. The same descriptions are in the JSON
Schema that editors read (`scaffold schema`). How the parts work together, and what is
meant where two readings are possible, is told in
[the language in use](../blueprint/language.md) and
[scenarios and examples](../blueprint/scenarios.md).

A key in **bold** must be there. *Text* is any scalar, read by the type that is wanted.
"""


def page() -> str:
    """The whole page, out of the tables of the code."""
    return "\n".join([PROSE, *_keys(), *_types(), *_functions()])


def _keys() -> Iterator[str]:
    definitions = schema()["$defs"]
    yield "## Keys\n"
    for shape, title in TITLES.items():
        yield f"### {title}\n"
        if shape in FORMS:
            yield f"{FORMS[shape]}\n"
        properties, required = mapping_of(definitions[shape])
        rows = [
            f"| {f'**`{key}`**' if key in required else f'`{key}`'} "
            f"| {cell(holds(properties[key]))} | {cell(words)} |"
            for key, words in WORDS[shape].items()
        ]
        yield table("key | holds | means", rows)


def _types() -> Iterator[str]:
    yield "## Types\n"
    yield (
        "`?` behind a type lets the value be missing. Constraints stand in parentheses:"
        " `decimal(ge=0 decimal_places=2)`; they hold where a value enters the service."
        " The id of an aggregate is a type too: `Loan`, or `lending.Loan` from"
        " elsewhere.\n"
    )
    kinds = [*BUILTIN, "list", "map"]
    written = {"list": "list(date)", "map": "map(int)"}
    python: Mapping[str, str] = {
        **PYTHON,
        **{kind: f"{PYTHON[kind]} ({name})" for kind, name in CHECKED.items()},
        "list": "list[date]",
        "map": "dict[str, int]",
    }
    yield table(
        "type | Python | PostgreSQL | constraints",
        [
            f"| `{written.get(kind, kind)}` | `{python[kind]}` | `{POSTGRES[kind]}` "
            f"| {', '.join(f'`{name}`' for name in ALLOWED.get(kind, ()))} |"
            for kind in kinds
        ],
    )
    yield (
        f"`rounding` is one of {', '.join(f'`{each}`' for each in ROUNDINGS)}; computed"
        " values are rounded to `decimal_places` by it, else by `half_up`.\n"
    )


def _functions() -> Iterator[str]:
    yield "## Expressions\n"
    yield (
        "An expression is Python's, as far as it goes: `+ - * / // %`, comparisons,"
        " `and or not`, `x if c else y`, `in`, list displays and comprehensions with"
        " one `for`, an index, and the constructors of value objects. Its types are"
        " checked before anything is rendered.\n"
    )
    yield table(
        "function | gives",
        [f"| `{form(name)}` | {MEANINGS[name]} |" for name in FUNCTIONS],
    )
    rows = [
        f"| {kind} | `.{name}` | {type} |"
        for (kind, name), (type, _) in ATTRIBUTES.items()
    ] + [
        f"| str, email, url | `.{name}({'text' if count else ''})` | {type} |"
        for name, (type, count) in METHODS.items()
    ]
    yield table("of a | there is | a", rows)


def table(head: str, rows: list[str]) -> str:
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|" + "---|" * columns, *rows]
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def mapping_of(definition: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The keys of a shape's long form, and those that must be there."""
    forms = definition.get("anyOf", [definition])
    long = next(each for each in forms if "properties" in each)
    return long["properties"], long.get("required", [])


def holds(value: Mapping[str, Any]) -> str:
    """What a value of the schema is, in words."""
    match value:
        case {"$ref": reference}:
            title = TITLES[str(reference).rpartition("/")[2]]
            anchor = title.lower().replace(" ", "-")
            return f"[{title[0].lower()}{title[1:]}](#{anchor})"
        case {"anyOf": [one, {"type": "array", "items": many}]} if one == many:
            return f"{holds(one)}; one, or a list"
        case {"anyOf": forms} | {"oneOf": forms}:
            found = [holds(each) for each in forms if each.get("type") != "null"]
            *others, last = dict.fromkeys(found)
            many = last.startswith("a list: ") and last[8:] in others
            if many and len(others) == 1:
                return f"{others[0]}; one, or a list"
            return f"{', '.join(others)} or {last}" if others else last
        case {"enum": words}:
            return ", ".join(f"`{word}`" for word in words)
        case {"type": "array"}:
            return f"a list: {holds(value.get('items', {}))}"
        case {"type": "object", "additionalProperties": inner}:
            return f"*name*: {holds(inner)}"
        case {"type": "boolean"}:
            return "`true` or `false`"
        case {"type": "integer", "minimum": low, "maximum": high}:
            return f"a whole number, {low} to {high}"
        case {"type": kind} if kind == TEXT["type"]:
            return "text"
    return "anything"


def form(name: str) -> str:
    """How a function is written, as the tool says to whoever writes it otherwise."""
    wrong = f"{name}({'1' if name == 'new_id' else ''})"
    with pytest.raises(ExpressionError) as refused:
        compile_expression(wrong, SCOPE)
    _, _, right = str(refused.value).partition(" is written ")
    return right


def test_the_reference_is_what_the_code_takes(update_cases: bool) -> None:
    if update_cases:
        PAGE.write_text(page())
    assert PAGE.read_text() == page()


def test_every_shape_and_every_function_is_told() -> None:
    assert TITLES.keys() == WORDS.keys()
    assert MEANINGS.keys() == FUNCTIONS.keys()
