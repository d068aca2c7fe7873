"""What lives is printed without Copier, and no byte differs from what Copier prints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator import pipeline, press, render
from generator.model import Service
from generator.places import templates
from generator.press import Press
from generator.style import polish
from generator.tree import Tree
from tests.tool.folders import make


@pytest.fixture(scope="module")
def service() -> Service:
    return pipeline.load_service("booking_core")


def test_the_skeleton_is_the_same_with_and_without_copier(service: Service) -> None:
    copied, printed = render.copied(service), render.printed(service)
    assert dict(copied) == dict(printed)
    assert [(f.kind, f.finished) for f in copied.values()] == [
        (f.kind, f.finished) for f in printed.values()
    ]


def test_what_is_only_copied_has_the_form_that_ruff_would_give_it(
    service: Service,
) -> None:
    printed = render.printed(service)
    rough = Tree((p, replace(f, finished=False)) for p, f in printed.items())
    assert dict(polish(rough)) == dict(polish(printed))


def test_domains_that_are_not_wanted_are_not_printed_and_others_look_the_same(
    service: Service,
) -> None:
    whole = render.render(service, render.printed)
    part = render.render(service, render.printed, {"guest"})
    assert {file.origin for file in part.values()} >= {"service", "domain guest"}
    assert dict(part) == {
        path: file
        for path, file in whole.items()
        if not file.origin.startswith("domain") or file.origin == "domain guest"
    }


def test_a_template_is_compiled_once_and_again_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    monkeypatch.setattr(press, "COMPILED", tmp_path / "compiled")
    folder = make(tmp_path / "things", {"a.txt.jinja": "{{ name }}\n"})
    assert Press(folder).text("a.txt.jinja", {"name": "x"}) == "x\n"
    compiled = {path: path.stat().st_mtime_ns for path in press.COMPILED.iterdir()}
    assert compiled
    assert Press(folder).text("a.txt.jinja", {"name": "y"}) == "y\n"
    assert {p: p.stat().st_mtime_ns for p in press.COMPILED.iterdir()} == compiled
    make(folder, {"a.txt.jinja": "now {{ name }}\n"})
    assert Press(folder).text("a.txt.jinja", {"name": "z"}) == "now z\n"


@pytest.mark.parametrize("damage", [b"", b"j2", b"\xff" * 400])
def test_a_compiled_template_that_is_damaged_is_compiled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    monkeypatch.setattr(press, "COMPILED", tmp_path / "compiled")
    folder = make(tmp_path / "things", {"a.txt.jinja": "{{ name }}\n"})
    Press(folder).text("a.txt.jinja", {"name": "x"})
    for path in press.COMPILED.iterdir():
        path.write_bytes(damage)
    assert Press(folder).text("a.txt.jinja", {"name": "y"}) == "y\n"


def test_templates_that_cannot_be_kept_compiled_are_printed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    make(tmp_path, {"in_the_way": ""})
    monkeypatch.setattr(press, "COMPILED", tmp_path / "in_the_way" / "compiled")
    folder = make(tmp_path / "things", {"a.txt.jinja": "{{ name }}\n"})
    assert Press(folder).text("a.txt.jinja", {"name": "x"}) == "x\n"


def test_the_press_reads_the_templates_as_copier_is_told_to() -> None:
    import jinja2
    import yaml

    settings = yaml.safe_load((templates("service") / "copier.yml").read_text())
    folder = templates("service")
    environment = press._environment(folder, lambda _: None)
    told = settings["_envops"]
    assert issubclass(environment.undefined, jinja2.StrictUndefined)
    assert told.pop("undefined") == "jinja2.StrictUndefined"
    assert {name: getattr(environment, name) for name in told} == told
    assert settings["_templates_suffix"] == press.SUFFIX
