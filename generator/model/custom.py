"""Custom code: the functions that a domain leaves to be written by hand."""

from __future__ import annotations

from dataclasses import dataclass

from generator import prose
from generator.model.parts import Assignment, Described, Origin
from generator.stubs import stub

CONTRACT = "DECISIONS"


@dataclass(frozen=True, slots=True)
class CustomFunction(Described):
    """A function of `app/<domain>/custom.py`, as the blueprint needs it.

    `state` is the annotation of what it is told of the aggregate, empty where there is
    nothing yet; `returned` are the events that it may give, or their union, and nothing
    for a rule. Several places of the blueprint can name one function.
    """

    name: str
    summary: str
    aggregate: str
    state: str
    commands: tuple[str, ...]
    returned: tuple[str, ...]
    origins: tuple[Origin, ...]

    @property
    def returns(self) -> str:
        """The annotation of what it returns."""
        return f"Sequence[{' | '.join(self.returned)}]" if self.returned else "None"

    @property
    def parameters(self) -> tuple[Assignment, ...]:
        """Its parameters with their annotations, in order."""
        told = (Assignment("state", self.state),) if self.state else ()
        asked = Assignment("command", " | ".join(self.commands))
        return (*told, asked, Assignment("context", "Context"))

    @property
    def signature(self) -> str:
        """Its parameters, printed."""
        return ", ".join(f"{each.name}: {each.code}" for each in self.parameters)

    @property
    def stub(self) -> str:
        """The function as it stands in its module until somebody writes it."""
        listed = [f"{each.name}: {each.code}" for each in self.parameters]
        return stub(self.name, listed, self.returns, self.summary)

    @property
    def contract_doc(self) -> str:
        """The summary, printed for a method."""
        return prose.docstring(self.summary, 8)

    def arguments(self, *, creates: bool) -> tuple[str, ...]:
        """What a command gives it: one that creates has no state yet."""
        state = ("None" if creates else "state",) if self.state else ()
        return (*state, "command", "context")


def call_of(function: str, arguments: tuple[str, ...]) -> str:
    """The printed call of a custom function, by its contract."""
    return f"{CONTRACT}.{function}({', '.join(arguments)})"


@dataclass(frozen=True, slots=True)
class CustomRule:
    """A rule that a custom function keeps: it returns, or it refuses."""

    function: str
    arguments: tuple[str, ...]
    errors: tuple[str, ...]

    @property
    def is_custom(self) -> bool:
        """Tells the rules of a command apart."""
        return True

    @property
    def printed(self) -> tuple[str, ...]:
        """Its printed expressions."""
        return self.arguments

    @property
    def call(self) -> str:
        """The statement that asks the function."""
        return call_of(self.function, self.arguments)


@dataclass(frozen=True, slots=True)
class CustomEmission:
    """Events that a custom function chooses, perhaps only under a condition."""

    function: str
    arguments: tuple[str, ...]
    condition: str
    events: tuple[str, ...]
    errors: tuple[str, ...]

    @property
    def is_custom(self) -> bool:
        """Tells the emissions of a command apart."""
        return True

    @property
    def printed(self) -> tuple[str, ...]:
        """Its printed expressions."""
        return (*self.arguments, self.condition) if self.condition else self.arguments

    @property
    def recording(self) -> str:
        """The statement that records what the function returns."""
        return f"self._record_all({call_of(self.function, self.arguments)})"
