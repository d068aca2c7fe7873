"""A strategy for whole valid services, from tiny to large.

Hypothesis draws a plan: how much there is of everything, and a seed. The rest is
written by chance from that seed, so that a large service costs no more entropy than a
tiny one, and that what fails shrinks to a small plan.

To teach it a new word of the language, write the word where its noun is drawn, note it
in `used`, and add it to `FEATURES`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import yaml
from hypothesis import strategies as st

from generator.diagnostics import Report
from generator.document import Document, load
from generator.types import ref
from tests.blueprints.aggregates import Aggregate, Drawing
from tests.blueprints.reactions import Policies, Scenarios
from tests.blueprints.reading import Reading
from tests.blueprints.vocabularies import SHARED, Declarations, Vocabulary
from tests.blueprints.words import DOMAINS, NOUNS, ROLES, ZONES, Supply

SERVICE = "service.yaml"
FEATURES = frozenset(
    {f"type {kind}" for kind in "str int decimal float bool uuid date datetime".split()}
    | {f"type {kind}" for kind in "duration json email url bytes".split()}
    | {
        "list",
        "map",
        "constraint",
        "default",
        "enum",
        "named type",
        "value object",
        "value rule",
        "computed",
        "shared words",
        "reference to another domain",
        "lifecycle",
        "from",
        "set",
        "sync",
        "secret",
        "unique",
        "unique each",
        "unique while",
        "rule",
        "error",
        "message",
        "message with values",
        "if",
        "with",
        "two events",
        "field of the state",
        "field left out",
        "role",
        "owner",
        "owner of a row",
        "written column",
        "column default",
        "update",
        "update with values",
        "upsert",
        "delete",
        "looked-up column",
        "column from another domain",
        "summed column",
        "counted column",
        "least or greatest",
        "index",
        "query by key",
        "list query",
        "filter",
        "sort",
        "where",
        "measures",
        "groups",
        "cache",
        "policy",
        "policy to another domain",
        "policy if",
        "policy at",
        "scenario",
        "scenario with events",
        "scenario of a transition",
    }
)


@dataclass(frozen=True)
class Plan:
    """How much there is of everything."""

    seed: int = 0
    domains: int = 1
    aggregates: int = 1
    most: int = 0
    depth: int = 1


@dataclass
class Blueprint:
    """The files of a service as data, and which features they use."""

    plan: Plan
    files: dict[str, Any]
    used: set[str] = field(default_factory=set)

    @property
    def texts(self) -> dict[str, str]:
        """The files as YAML."""
        return {name: text_of(data) for name, data in self.files.items()}

    def documents(self, report: Report) -> list[Document]:
        return [load(text, name, report) for name, text in self.texts.items()]


def text_of(data: Any) -> str:
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1000)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """From the smallest service to one of a few domains; most are small."""
    return Plan(
        seed=draw(st.integers(0, 2**40)),
        domains=draw(st.sampled_from((1, 1, 1, 2, 3))),
        aggregates=draw(st.sampled_from((1, 1, 2))),
        most=draw(st.sampled_from((0, 1, 1, 2, 4))),
        depth=draw(st.integers(1, 3)),
    )


def services() -> st.SearchStrategy[Blueprint]:
    """Whole valid services."""
    return plans().map(written)


def written(plan: Plan) -> Blueprint:
    """The service of a plan: the same for the same plan."""
    return _Service(plan, random.Random(repr(plan))).write()


@dataclass
class _Service:
    """One service on its way to data."""

    plan: Plan
    chance: random.Random
    used: set[str] = field(default_factory=set)
    vocabulary: Vocabulary = field(default_factory=Vocabulary)

    def write(self) -> Blueprint:
        chance = self.chance
        # A mark in the names of domains, by which services of one run differ.
        mark = f"{chance.randrange(36**4):x}"
        domains = [f"{each}_x{mark}" for each in chance.sample(DOMAINS, self._domains)]
        self.types = Supply(chance)
        self.nouns = Supply(chance)
        self.names = Supply(chance)
        service: dict[str, Any] = {"service": f"service_x{mark}"}
        shared = Declarations(chance, self.vocabulary, SHARED, self.types, self.used)
        service |= shared.draw(chance.choice([0, 0, 1, 2]))
        if len(service) > 1:
            self.used.add("shared words")
        aggregates = [
            Aggregate(domain, self.nouns.take(NOUNS))
            for domain in domains
            for _ in range(chance.randint(1, self.plan.aggregates))
        ]
        for each in aggregates:
            self.vocabulary.aggregates[f"{each.domain}.{each.name}"] = each.ref
        self.roles = self._roles(aggregates)
        service["roles"] = {name: entity or None for name, entity in self.roles.items()}
        service["timezone"] = chance.choice(ZONES)
        if summary := shared.summary():
            service["summary"] = summary
        files = {SERVICE: service}
        for name in domains:
            files[f"{name}.yaml"] = self._behaviour(name, aggregates)
        for name in domains:
            files[f"{name}.yaml"] |= self._rest(name, aggregates)
        return Blueprint(self.plan, files, self.used)

    @property
    def _domains(self) -> int:
        return min(self.plan.domains, len(DOMAINS))

    def _roles(self, aggregates: list[Aggregate]) -> dict[str, str]:
        chance = self.chance
        roles = dict.fromkeys(chance.sample(ROLES, chance.randint(0, 3)), "")
        for each in chance.sample(aggregates, min(len(aggregates), 2)):
            roles[f"r_{each.id}"] = f"{each.domain}.{each.name}"
        return roles

    def _behaviour(self, name: str, aggregates: list[Aggregate]) -> dict[str, Any]:
        chance, used = self.chance, self.used
        declarations = Declarations(chance, self.vocabulary, name, self.types, used)
        shape: dict[str, Any] = {"domain": name}
        if summary := declarations.summary():
            shape["summary"] = summary
        shape |= declarations.draw(min(self.plan.most, 3))
        enums = shape.setdefault("enums", {})
        errors = Supply(chance)
        shape["aggregates"] = {}
        for each in aggregates:
            if each.domain == name:
                drawing = Drawing(
                    chance=chance,
                    declarations=declarations,
                    enums=enums,
                    errors=errors,
                    roles=self.roles,
                    used=used,
                    depth=self.plan.depth,
                    most=self.plan.most,
                    made=each,
                )
                drawing.draw()
                shape["aggregates"][each.name] = each.written
        if not enums:
            del shape["enums"]
        return shape

    def _rest(self, name: str, aggregates: list[Aggregate]) -> dict[str, Any]:
        chance, used = self.chance, self.used
        declarations = Declarations(chance, self.vocabulary, name, self.types, used)
        shape: dict[str, Any] = {"read_models": {}, "queries": {}, "scenarios": []}
        for each in (a for a in aggregates if a.domain == name):
            self._note_references(each)
            shape["scenarios"] += Scenarios(chance, used).draw(each)
            reading = Reading(
                chance=chance,
                declarations=declarations,
                of=each,
                others=aggregates,
                roles=self.roles,
                used=used,
                depth=self.plan.depth,
            )
            for _ in range(chance.choice([0, 1, 1, 2])):
                made = reading.read_model(self.names.take((f"{each.name}View",)))
                shape["read_models"][made.name] = made.shape
                shape["queries"] |= reading.queries(made, self.names)
        policies = Policies(
            chance, declarations.view, aggregates, used, self.plan.depth
        ).draw(name)
        found = {**shape, "policies": policies}
        return {key: value for key, value in found.items() if value}

    def _note_references(self, aggregate: Aggregate) -> None:
        for each in aggregate.state:
            if each.type.kind == "ref" and each.type != ref(
                f"{aggregate.domain}.{each.type.name.partition('.')[2]}"
            ):
                self.used.add("reference to another domain")
