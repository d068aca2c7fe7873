"""Messages of rules: prose with typed values in braces."""

from __future__ import annotations

import random
import re
from types import SimpleNamespace

import pytest

from generator.expressions import ExpressionError, compile_condition
from generator.messages import CODES, compile_message
from tests.language.world import SCOPE


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("No room.", '"No room."'),
        ("From {stay.check_in}, {count} nights.",
         'f"From {command.stay.check_in}, {command.count} nights."'),
        ("{state.total} is {status}", 'f"{state.total} is {command.status}"'),
        ("At {event.at}", 'f"At {envelope.at}"'),
        ("{{count}} is {count}", 'f"{{count}} is {command.count}"'),
        ("{{count}}", '"{count}"'),
        ('say "hi" \\N', r'"say \"hi\" \\N"'),
        ("a\nb\u202e {count}", r'f"a\nb\u202e {command.count}"'),
        ("", '""'),
    ],
)  # fmt: skip
def test_a_message_prints_as_a_string_of_python(text: str, printed: str) -> None:
    assert compile_message(text, SCOPE) == printed


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("a {count", "B311", 2),
        ("a } b", "B311", 2),
        ("a {} b", "B311", 3),
        ("a {count + 1}", "B311", 3),
        ("a {count!r}", "B311", 3),
        ("a {count:>9}", "B311", 3),
        ("a { count }", "B311", 3),
        ("a {lines[0]}", "B311", 3),
        ("a {cuont}", "B303", 3),
        ("a {stay.nigths}", "B303", 3),
        ("a {count.__class__}", "B303", 3),
        ("a {limit}", "B305", 3),
        ("a {password}", "B312", 3),
        ("a {stay}", "B313", 3),
        ("a {lines}", "B313", 3),
        ("a {numbers}", "B313", 3),
    ],
)
def test_a_mistake_in_a_message_is_refused_at_its_place(
    text: str, code: str, offset: int
) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_message(text, SCOPE)
    assert (caught.value.code, caught.value.offset) == (code, offset)
    assert code in CODES or code.startswith("B30")


def test_a_value_that_is_known_to_be_there_can_be_shown() -> None:
    known = compile_condition("limit is not None", SCOPE).facts
    message = compile_message("{limit}", SCOPE.knowing(known))
    assert message == 'f"{command.limit}"'


def test_no_text_can_leave_its_message() -> None:
    chance = random.Random(3)
    command = SimpleNamespace(count=7)
    signs = [*"{}\"'\\\n\t%N0a ", "{count}", "{{", "}}", "\\N{DASH}", "\u2028", "\0"]
    place = re.compile(r"\{\{|\}\}|\{count\}")
    meant = {"{{": "{", "}}": "}", "{count}": "7"}
    accepted = 0
    for _ in range(20_000):
        text = "".join(chance.choices(signs, k=chance.randrange(12)))
        try:
            code = compile_message(text, SCOPE)
        except ExpressionError:
            continue
        accepted += 1
        said = place.sub(lambda found: meant[found.group()], text)
        assert eval(code, {"command": command}) == said
    assert accepted > 5000
