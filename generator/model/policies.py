"""Policies: what a domain does by itself when something has happened."""

from __future__ import annotations

from dataclasses import dataclass

from generator.model.parts import Assignment, Described, Origin, call


@dataclass(frozen=True, slots=True)
class Target:
    """An event or command of any domain: where it is declared, and its printed name."""

    domain: str
    name: str
    printed: str

    @property
    def qualified(self) -> str:
        """Its name in the whole service."""
        return f"{self.domain}.{self.name}"


@dataclass(frozen=True, slots=True)
class Policy(Described):
    """Whenever this event, then this command; `due` is empty where it goes at once."""

    name: str
    qualified: str
    function: str
    constant: str
    summary: str
    event: Target
    command: Target
    arguments: tuple[Assignment, ...]
    condition: str
    due: str
    origin: Origin

    @property
    def call(self) -> str:
        """The command that it sends."""
        return f"{self.command.printed}({call(self.arguments)})"

    @property
    def reaction(self) -> str:
        """What it yields."""
        return f"policies.Due({self.due}, {self.call})" if self.due else self.call

    @property
    def yields(self) -> str:
        """The type of what it yields."""
        return "policies.Due" if self.due else "Command"
