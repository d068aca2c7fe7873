"""Examples, scenarios and tests: what a resolved domain shows of itself."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from generator import model, names
from generator.api_cases import ApiCases
from generator.blueprint import Blueprint
from generator.diagnostics import Report
from generator.document import Document
from generator.evaluation import Evaluation
from generator.example_scalars import named_id
from generator.examples import Examples
from generator.folding import Folding, State
from generator.imports import domain_imports
from generator.model_tests import DomainTests, History, RowTests, UnitTests
from generator.policy_cases import EVENT, PolicyCases
from generator.scenario_text import Line, Page
from generator.scenario_values import Filling, Ids
from generator.scenarios import Stage, remembered, resolve_scenarios
from generator.shapes import DomainShape
from generator.stored_values import StoredValues
from generator.symbols import SHARED, View


def with_tests(
    service: model.Service,
    blueprint: Blueprint,
    views: Mapping[str, View],
    report: Report,
    only: Collection[str] | None,
) -> model.Service:
    """The service, its domains with examples, scenarios and tests.

    A domain that rests on mistakes is left as it is: examples would only repeat them.
    So is one that is not wanted, where `only` names those that are.
    """
    documents = {document.file: document for _, document in blueprint.domains}
    documents[blueprint.service_document.file] = blueprint.service_document
    shapes = {shape.domain: (shape, document) for shape, document in blueprint.domains}
    wrong = {each.span.file for each in report.errors}
    vocabularies = [
        domain.vocabulary
        for domain in service.domains
        if shapes[domain.name][1].file not in wrong
    ]
    if service.shared is not None and blueprint.service_document.file not in wrong:
        vocabularies.append(service.shared)
    evaluation = Evaluation(vocabularies)
    domains = []
    for domain in service.domains:
        view = views[domain.name]
        unwanted = only is not None and domain.name not in only
        if unwanted or not wrong.isdisjoint(_files(view)):
            domains.append(domain)
            continue
        written = _written_examples(view)
        examples = Examples(view, domain.name, evaluation, documents, written)
        shape, document = shapes[domain.name]
        tested = _Tested(domain, shape, document, service, examples, report)
        domains.append(tested.resolve(view))
    return replace(service, domains=tuple(domains))


def _files(view: View) -> set[str]:
    """The files that say what the names in one module mean."""
    foreign = {name.partition(".")[0] for name in view.foreign}
    return {
        view.symbols.modules[module].document.file
        for module in {view.module, SHARED, *foreign}
    }


def _written_examples(view: View) -> dict[str, object]:
    """The examples that named types carry."""
    return {
        f"{module.name}.{name}": written.example
        for module in view.symbols.modules.values()
        for name, written in module.shape.types.items()
        if written.example is not None
    }


@dataclass(frozen=True, slots=True)
class _Tested:
    """A domain on the way to its tests."""

    domain: model.Domain
    shape: DomainShape
    document: Document
    service: model.Service
    examples: Examples
    report: Report

    def resolve(self, view: View) -> model.Domain:
        """The domain with examples, scenarios and tests, as far as they are right."""
        commands = [each for a in self.domain.aggregates for each in a.commands]
        checked = [self.examples.check(each.fields, self.report) for each in commands]
        events = [each for a in self.domain.aggregates for each in a.events]
        checked += [self.examples.check(each.fields, self.report) for each in events]
        if not all(checked):
            return self.domain
        domain = replace(
            self.domain,
            aggregates=tuple(map(self._with_examples, self.domain.aggregates)),
        )
        stage = Stage(
            domain.aggregates,
            frozenset(refusal.name for refusal in domain.refusals),
            self.service.roles,
            self.examples,
            Page(self.document, self.report),
        )
        scenarios = resolve_scenarios(self.shape.scenarios, stage)
        tests = self._tests(domain, scenarios)
        imports = domain_imports(view)
        return replace(
            domain,
            imports=imports,
            scenarios=scenarios,
            tests=replace(tests, imports=imports),
        )

    def _with_examples(self, aggregate: model.Aggregate) -> model.Aggregate:
        return replace(
            aggregate,
            commands=tuple(
                replace(each, example=self.examples.json(each.fields))
                for each in aggregate.commands
            ),
            events=tuple(
                replace(each, example=self._payload(each)) for each in aggregate.events
            ),
        )

    def _payload(self, event: model.Event) -> str:
        values = self.examples.living(event.fields)
        id = named_id(event.id_field)
        stored = StoredValues(self.examples.evaluation)
        return json.dumps(
            stored.record(event.stored_fields, {event.id_field: id, **values})
        )

    def _tests(
        self, domain: model.Domain, scenarios: tuple[model.Scenario, ...]
    ) -> DomainTests:
        cases = ApiCases(
            domain.aggregates,
            domain.read_models,
            self.service.roles,
            self.examples,
            self.service.timezone,
        )
        ids = Ids()
        rows = tuple(self._rows(domain, ids))
        policy_ids = Ids()
        reactions = PolicyCases(
            self.service.domains, self.examples, self.service.timezone, policy_ids
        ).of(domain.policies)
        return DomainTests(
            title=names.title(domain.name),
            module=domain.module,
            imports="",
            somebody=str(named_id("somebody")),
            units=tuple(_units(each, scenarios) for each in domain.aggregates),
            rows=rows,
            row_ids=ids.constants,
            creations=tuple(cases.creations()),
            strangers=tuple(cases.strangers()),
            lists=tuple(cases.lists()),
            reactions=tuple(reactions),
            policy_ids=policy_ids.constants,
            example_event=str(EVENT),
        )

    def _rows(self, domain: model.Domain, ids: Ids) -> Iterator[RowTests]:
        aggregates = {each.name: each for each in domain.aggregates}
        for read_model in domain.read_models:
            alone = () if read_model.elements else read_model.actions
            verbs = {each.event: each.verb for each in alone}
            histories = _Histories(
                aggregates[read_model.aggregate],
                Filling(self.examples, Page(self.document, self.report), ids),
            )
            yield RowTests(
                read_model.table,
                tuple(histories.whole()),
                tuple(histories.ending(verbs)),
            )


@dataclass(frozen=True, slots=True)
class _Histories:
    """Streams of one aggregate, made of examples."""

    aggregate: model.Aggregate
    filling: Filling

    def whole(self) -> Iterator[History]:
        """For each event that creates: it, and one of every other kind after it."""
        for first in self._creating:
            later = [e for e in self.aggregate.events if e.updates and e is not first]
            yield self._history(first, (first, *later))

    def ending(self, verbs: Mapping[str, str]) -> Iterator[History]:
        """For each event that ends a row: a stream that makes one and ends it."""
        made = [each for each in self._creating if verbs.get(each.name) == "insert"]
        for last in self.aggregate.events:
            if made and last.updates and verbs.get(last.name) == "delete":
                yield self._history(last, (made[0], last))

    @property
    def _creating(self) -> list[model.Event]:
        return [each for each in self.aggregate.events if each.creates]

    def _history(
        self, matters: model.Event, happened: Sequence[model.Event]
    ) -> History:
        ids, examples = self.filling.ids, self.filling.examples
        folding = Folding(self.aggregate, examples, ids.of(self.aggregate.id_field))
        state: State | None = None
        events = []
        for event in happened:
            known = remembered(self.aggregate, event, state or {})
            line = Line(event.name, ())
            values = self.filling.filled(line, {}, event.fields, known)
            state = folding.after(state, event, folding.living(event.fields, values))
            arguments = self.filling.printed(event.fields, values)
            own = model.Assignment(event.id_field, f'UUID("{folding.id}")')
            events.append(model.Given(event.name, (own, *arguments)))
        stream = ids.named(f'UUID("{folding.id}")')
        return History(names.snake(matters.name), stream, ids.events_named(events))


def _units(
    aggregate: model.Aggregate, scenarios: Sequence[model.Scenario]
) -> UnitTests:
    own = [each for each in scenarios if each.aggregate == aggregate.name]
    return UnitTests(aggregate.name, tuple(own))
