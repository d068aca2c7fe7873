"""The schema for editors takes what the tool takes, and refuses what it can see."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from generator.explanation import FOLDER, explain
from generator.places import blueprints
from generator.schema import schema
from generator.shape_words import WORDS

ROOT = Path(__file__).parents[2]
VALIDATOR = Draft202012Validator(schema())
GOOD = sorted([*blueprints().rglob("*.yaml"), *(ROOT / "tests/golden").rglob("*.yaml")])
# What concerns the shape of a file, and so can be seen without knowing the rest.
SHAPE = ("B100", "B101", "B102", "B103")
# A list of nothing is a list, and a rule of a value has the shape of every rule.
UNSEEN = {"B100-names-nothing", "B101-error-of-a-value"}
CASES = sorted(
    path
    for code in SHAPE
    for path in (ROOT / "tests/errors").glob(f"{code}-*")
    if path.name not in UNSEEN
)


class Loader(yaml.CSafeLoader):
    """Reads scalars as YAML 1.2 does, which editors follow."""


Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag != "tag:yaml.org,2002:timestamp"
        and not (tag == "tag:yaml.org,2002:bool" and first in "yYnNoO")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def data(text: str | bytes) -> Any:
    return yaml.load(text, Loader)


def problems(text: str | bytes) -> list[str]:
    return [each.message for each in VALIDATOR.iter_errors(data(text))]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(
    "file", GOOD, ids=lambda file: f"{file.parent.name}/{file.name}"
)
def test_every_example_keeps_to_it(file: Path) -> None:
    assert problems(file.read_text()) == []


@pytest.mark.parametrize("code", sorted(file.stem for file in FOLDER.iterdir()))
def test_every_corrected_example_keeps_to_it(code: str) -> None:
    for name, text in explain(code).right.items():
        assert "/" in name or problems(text) == []  # a lock is no blueprint


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_concerns_the_shape_of_a_file_is_refused(case: Path) -> None:
    assert any(problems(file.read_text()) for file in case.glob("*.yaml"))


@pytest.mark.parametrize("code", SHAPE)
def test_wrong_examples_about_the_shape_are_refused(code: str) -> None:
    assert any(map(problems, explain(code).wrong.values()))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("creates: true", "creates: maybe"),
        ("from: LoanView", "from: LoanView, page: 0"),
        ("from: LoanView", "from: LoanView, filter: [{name: reader, op: like}]"),
        ("insert", "replace"),
        ("emits: LoanOpened", "emits: {event: LoanOpened, when: 'true'}"),
        ("fields: {reader: str}", "fields: {reader: {type: str, secert: true}}"),
        ("fields: {reader: str}", "fields: [reader]"),
    ],
)
def test_a_slip_in_any_form_is_refused(right: str, wrong: str) -> None:
    text = explain("B510").right["lending.yaml"].decode()
    assert problems(text) == []
    assert problems(text.replace(right, wrong, 1)) != []


def objects(part: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(part, dict):
        if "properties" in part:
            yield part
        for each in part.values():
            yield from objects(each)
    elif isinstance(part, list):
        for each in part:
            yield from objects(each)


def test_every_key_is_described_and_no_other() -> None:
    described = {
        key: value.get("description", "")
        for part in objects(schema())
        for key, value in part["properties"].items()
    }
    assert [key for key, words in described.items() if not words] == []
    for shape, words in WORDS.items():
        keys = {
            key
            for part in objects(schema()["$defs"][shape])
            for key in part["properties"]
        }
        assert keys == set(words), shape


def test_words_of_later_versions_are_not_in_it() -> None:
    text = json.dumps(schema())
    assert '"tenant"' not in text
    assert '"settings"' not in text
