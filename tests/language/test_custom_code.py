"""Custom code beside its contract: what `check` says of `custom.py`, unrun."""

from __future__ import annotations

import ast
from pathlib import Path, PurePosixPath

import pytest

from generator import pipeline, sources
from generator.custom_code import missing, unfilled
from generator.diagnostics import Report, Span
from generator.style import polish
from generator.tree import File, Tree

CONTRACT = '''\
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol

from app.club import custom
from app.club.commands import Join, Rename
from app.club.events import Joined, Noted
from app.common.context import Context

if TYPE_CHECKING:
    from app.club.aggregate import MemberState


class Decisions(Protocol):
    """Every function that the blueprint leaves to `custom.py`, and its types."""

    def check(self, state: MemberState, command: Rename, context: Context) -> None:
        """Let it pass, or refuse with Barred."""

    def join(self, command: Join, context: Context) -> Sequence[Joined | Noted]:
        """Say what happens."""


DECISIONS: Final[Decisions] = custom
'''

HEAD = """\
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.club.commands import Join, Rename
from app.club.events import Joined, Noted
from app.common.context import Context

if TYPE_CHECKING:
    from app.club.aggregate import MemberState

"""
JOIN = """
def join(command: Join, context: Context) -> Sequence[Joined]:
    return [Joined(member_id=command.member_id)]
"""
CHECK = """
def check(state: MemberState, command: Rename, context: Context) -> None:
    if state.barred:
        raise Barred
"""


def codes(text: str) -> list[str]:
    return [each.code for each in unfilled(CONTRACT, text)]


def test_a_written_function_is_not_spoken_of() -> None:
    assert codes(HEAD + JOIN + CHECK) == []


@pytest.mark.parametrize(
    "body",
    [
        "raise NotImplementedError",
        'raise NotImplementedError("later")',
        '"""Let it pass."""\n    raise NotImplementedError',
    ],
)
def test_a_function_that_only_says_so_is_unwritten(body: str) -> None:
    check = f"def check(state, command, context):\n    {body}\n"
    (said,) = unfilled(CONTRACT, JOIN + check, "app/club/custom.py")
    assert (said.code, said.severity) == ("P201", "warning")
    assert said.span == Span("app/club/custom.py", 4, 1, 10)
    assert said.message == (
        "check is not written yet: Let it pass, or refuse with Barred."
    )


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "raise Barred",
        "raise NotImplementedYet",
        "if state.old:\n        raise NotImplementedError\n    return None",
    ],
)
def test_a_function_that_does_something_is_written(body: str) -> None:
    assert codes(f"{JOIN}\ndef check(state, command, context):\n    {body}\n") == []


@pytest.mark.parametrize(
    "parameters",
    [
        "state, command, context",
        "_state, command, _context",
        "state, command, context, more=None",
        "state, command, context, *, more=None, **rest",
        "state, *rest",
        "*everything",
    ],
)
def test_a_function_may_take_what_it_is_given_in_its_own_way(parameters: str) -> None:
    assert codes(f"{JOIN}\ndef check({parameters}):\n    pass\n") == []


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        "command, context",
        "command, state, context",
        "state, command",
        "state, command, context, more",
        "state, command, context, *, more",
        "booking, command, context",
    ],
)
def test_a_function_that_takes_something_else_is_named(parameters: str) -> None:
    (said,) = unfilled(CONTRACT, f"{JOIN}\ndef check({parameters}):\n    pass\n")
    assert (said.code, said.severity) == ("P203", "error")
    assert said.message == (
        f"check takes ({parameters.replace('=None', '')}); "
        "it is given (state, command, context)"
    )
    assert said.hint == (
        "write `def check(state: MemberState, command: Rename, context: Context)"
        " -> None`"
    )


def test_a_decision_waits_for_nothing() -> None:
    text = f"{JOIN}\nasync def check(state, command, context):\n    pass\n"
    (said,) = unfilled(CONTRACT, text)
    assert said.code == "P203"
    assert "async" in said.message


def test_a_missing_function_is_named_with_its_signature() -> None:
    (said,) = unfilled(CONTRACT, HEAD + JOIN, "app/club/custom.py")
    assert (said.code, said.severity) == ("P202", "error")
    assert said.message.startswith("check is missing")
    assert said.hint.startswith("add `def check(state: MemberState, command: Rename,")
    assert said.span.line == len((HEAD + JOIN).splitlines()) + 1


@pytest.mark.parametrize(
    "binding",
    [
        "from app.club.barring import check",
        "from app.club.barring import barred as check",
        "from app.club.barring import *",
        "check = partial(barred, 3)",
        "check: Check = barred",
        "if True:\n    def check(state, command, context): pass",
        "try:\n    import check\nexcept ImportError:\n    raise",
        "@checked\ndef check(whatever): pass",
    ],
)
def test_what_the_text_does_not_explain_counts_as_written(binding: str) -> None:
    assert codes(f"{JOIN}\n{binding}\n") == []


@pytest.mark.parametrize(
    "binding",
    [
        "if TYPE_CHECKING:\n    from app.club.barring import check",
        "check: Check",
        "class Checks:\n    def check(self): pass",
    ],
)
def test_what_does_not_bind_a_function_leaves_it_missing(binding: str) -> None:
    assert codes(f"{JOIN}\n{binding}\n") == ["P202"]


def test_the_last_definition_counts() -> None:
    stub = "\ndef check(state, command, context):\n    raise NotImplementedError\n"
    assert codes(JOIN + stub + CHECK) == []
    assert codes(JOIN + CHECK + stub) == ["P201"]


def test_without_a_file_everything_is_missing() -> None:
    assert [each.code for each in unfilled(CONTRACT, None)] == ["P202", "P202"]


@pytest.mark.parametrize("text", ["def check(:\n", "\n\nreturn return\n", "\0"])
def test_what_is_no_python_is_said_with_its_line(text: str) -> None:
    (said,) = unfilled(CONTRACT, text, "app/club/custom.py")
    assert said.code == "P204"
    assert said.span.line == text.count("\n") or said.span.line == 1


def test_the_text_is_read_and_never_run(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    text = f"open({str(victim)!r}, 'w')\n{JOIN}{CHECK}"
    assert codes(text) == []
    assert not victim.exists()


def test_a_missing_function_can_be_pasted() -> None:
    pasted = missing(CONTRACT, HEAD + JOIN)
    assert pasted.startswith("def check(state: MemberState, command: Rename,")
    assert codes(HEAD + JOIN + "\n\n" + pasted) == ["P201"]


def test_only_the_imports_that_are_needed_are_pasted() -> None:
    own = "from app.common.context import Context\n" + JOIN
    assert missing(CONTRACT, own).split("\n\n\n")[:2] == [
        "from __future__ import annotations\n"
        "from typing import TYPE_CHECKING\n"
        "from app.club.commands import Rename",
        "if TYPE_CHECKING:\n    from app.club.aggregate import MemberState",
    ]
    assert missing(CONTRACT, HEAD + JOIN + CHECK) == ""


def test_the_generated_file_is_what_its_contract_misses() -> None:
    case = Path(__file__).parents[1] / "golden/custom"
    tree = pipeline.build(sources.find(case), Report())
    contract = tree[PurePosixPath("app/table/decisions.py")].text
    path = PurePosixPath("app/table/custom.py")
    assert {each.code for each in unfilled(contract, tree[path].text)} == {"P201"}
    pasted = polish(Tree([(path, File(missing(contract, None)))]))[path].text
    assert statements(pasted) == statements(tree[path].text)[1:]


def statements(text: str) -> list[str]:
    return [ast.dump(each) for each in ast.parse(text).body]
