"""The smallest service that is worth starting from: one thing, named and renamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from generator import names, pipeline
from generator.diagnostics import BlueprintError
from generator.scratch import scratch

SERVICE = """\
service: {service}
"""
DOMAIN = """\
domain: {domain}

aggregates:
  {thing}:
    state: {{name: str}}
    commands:
      Add{thing}:
        creates: true
        fields: {{name: str(min_length=1)}}
        access: public
        emits: {thing}Added
      Rename{thing}:
        fields: {{name: str(min_length=1)}}
        access: public
        rules:
          - {{require: name != state.name, error: SameName}}
        emits: {thing}Renamed
    events:
      {thing}Added: {{sync: Who adds one sees it at once., fields: {{name: str}}}}
      {thing}Renamed: {{fields: {{name: str}}}}

read_models:
  {thing}View:
    key: {module}_id
    columns: {{name: str}}
    on: {{{thing}Added: insert, {thing}Renamed: update}}

queries:
  Get{thing}: {{from: {thing}View, by: {module}_id, access: public}}
  List{things}: {{from: {thing}View, sort: [name], access: public}}

scenarios:
  - name: Another name is needed to rename one
    given:
      - {thing}Added: {{name: old}}
    when:
      Rename{thing}: {{name: old}}
    then: SameName
"""


def blueprint(service: str, domain: str) -> Mapping[str, str]:
    """The files of a new service with one domain."""
    thing = names.pascal(domain)
    words = {
        "service": service,
        "domain": domain,
        "module": names.snake(thing),
        "thing": thing,
        "things": names.plural(thing),
    }
    return {
        "service.yaml": SERVICE.format(**words),
        f"{domain}.yaml": DOMAIN.format(**words),
    }


@contextmanager
def folder(service: str, domain: str) -> Iterator[Path]:
    """Its blueprint on disk for a while, as every other one is read."""
    with scratch() as place:
        for name, text in blueprint(service, domain).items():
            (place / name).write_text(text, encoding="utf-8")
        yield place


def problem(service: str, domain: str) -> str:
    """Why there can be no service of these names; nothing if there can."""
    try:
        with folder(service, domain) as place:
            pipeline.load_service(place)
    except BlueprintError as error:
        return error.diagnostics[0].message
    return ""
