"""The resolved service: what the templates see.

Every name is final, every type known, every expression printed. Templates print these
values and compute nothing. All parts are frozen; each keeps the place in the blueprint
that it came from, so that later rules can still point at it.
"""

from generator.model.behaviour import (
    Aggregate,
    Command,
    EarlierVersion,
    Emission,
    Event,
    Refusal,
    Rule,
    UniqueRule,
)
from generator.model.children import ChildAction, ChildCase, Loop
from generator.model.custom import CustomEmission, CustomFunction, CustomRule
from generator.model.joining import (
    Addition,
    Change,
    Contribution,
    Counted,
    Lookup,
    Source,
    Tally,
)
from generator.model.migrations import Alteration, MadeTable, Migration
from generator.model.parts import Assignment, Described, Origin
from generator.model.policies import Policy, Target
from generator.model.reading import (
    Action,
    Column,
    ColumnKind,
    Index,
    Measure,
    Query,
    ReadModel,
    Where,
)
from generator.model.scenarios import Given, Scenario
from generator.model.service import Domain, Role, Service
from generator.model.vocabulary import (
    Alias,
    Computed,
    Enum,
    Field,
    Member,
    ValueObject,
    ValueRule,
    Vocabulary,
)

__all__ = [
    "Action",
    "Addition",
    "Aggregate",
    "Alias",
    "Alteration",
    "Assignment",
    "Change",
    "ChildAction",
    "ChildCase",
    "Column",
    "ColumnKind",
    "Command",
    "Computed",
    "Contribution",
    "Counted",
    "CustomEmission",
    "CustomFunction",
    "CustomRule",
    "Described",
    "Domain",
    "EarlierVersion",
    "Emission",
    "Enum",
    "Event",
    "Field",
    "Given",
    "Index",
    "Lookup",
    "Loop",
    "MadeTable",
    "Measure",
    "Member",
    "Migration",
    "Origin",
    "Policy",
    "Query",
    "ReadModel",
    "Refusal",
    "Role",
    "Rule",
    "Scenario",
    "Service",
    "Source",
    "Tally",
    "Target",
    "UniqueRule",
    "ValueObject",
    "ValueRule",
    "Vocabulary",
    "Where",
]
