"""Golden events: every form that was released, and what it is read as today.

What was stored comes from the lock and never changes. What it is read as is found by
running the printed upcasts here, so that the project's test has two opinions to
compare: this one, and that of the codec which reads the real log.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

from generator import model
from generator.evaluation import Evaluation
from generator.lock import Form, Lock, Locks, version_of
from generator.stored_values import StoredValues, Values
from generator.tree import File, Tree

FOLDER = "tests/golden_events"


def golden_events(service: model.Service, locks: Locks) -> Tree:
    """A file for each released form of each event."""
    vocabularies = [domain.vocabulary for domain in service.domains]
    if service.shared is not None:
        vocabularies.append(service.shared)
    memory = _Memory(Evaluation(vocabularies))
    return Tree(
        (path, File(text, origin="golden event"))
        for domain in service.domains
        if domain.name in locks
        for path, text in _files(domain, locks[domain.name], memory).items()
    )


def _files(domain: model.Domain, lock: Lock, memory: _Memory) -> dict[str, str]:
    events = {
        (each.stored_kind, event.stored_name): event
        for each in domain.aggregates
        for event in each.events
    }
    return {
        f"{FOLDER}/{domain.name}/{name}.{label}.json": _text(
            events[f"{domain.name}.{aggregate}", f"{domain.name}.{name}"],
            version_of(label),
            form,
            domain,
            memory,
        )
        for aggregate, name, label, form in lock.forms()
    }


def _text(
    event: model.Event,
    version: int,
    form: Form,
    domain: model.Domain,
    memory: _Memory,
) -> str:
    stored = json.loads(form.payload)
    golden = {
        "type": event.stored_name,
        "version": version,
        "stored": stored,
        "read": memory.read(event, version, stored, domain.name),
    }
    return json.dumps(golden, indent=2) + "\n"


class _Memory:
    """Reads what earlier versions held."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._values = StoredValues(evaluation)

    def read(
        self, event: model.Event, version: int, stored: Values, home: str
    ) -> Values:
        """What a record of a version says as one of today."""
        chain = [each for each in event.earlier if each.number >= version]
        fields = chain[0].fields if chain else event.stored_fields
        values = {f.name: self._values.field(f, stored, home) for f in fields}
        for each in chain:
            old = {"old": SimpleNamespace(**values)}
            values = {
                argument.name: self._evaluation.value(argument.code, home, old)
                for argument in each.arguments
            }
        return self._values.record(event.stored_fields, values)
