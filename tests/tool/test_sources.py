"""A blueprint is a folder, one domain file, or the name of an example."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.places import blueprints, examples
from generator.sources import WrongUsage, find, whole
from tests.tool.folders import make


def test_a_folder_gives_the_service_first_and_then_its_domains(tmp_path: Path) -> None:
    make(tmp_path, {"service.yaml": "", "b.yaml": "", "a.yaml": "", "notes.md": ""})
    names = [source.name for source in find(tmp_path)]
    assert names == ["service.yaml", "a.yaml", "b.yaml"]


def test_messages_call_a_file_as_its_user_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, {"shop/service.yaml": ""})
    monkeypatch.chdir(tmp_path)
    assert [source.file for source in find("shop")] == ["shop/service.yaml"]


@pytest.mark.parametrize("name", examples())
def test_an_example_goes_by_its_name_from_anywhere(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find(name)[0].file == str(blueprints() / name / "service.yaml")


def test_one_domain_file_is_a_blueprint_but_no_project(tmp_path: Path) -> None:
    make(tmp_path, {"guest.yaml": "domain: guest\n"})
    found = find(tmp_path / "guest.yaml")
    assert [source.place for source in found] == [tmp_path / "guest.yaml"]
    with pytest.raises(WrongUsage, match="one domain"):
        whole(found)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("booking_cor", 'did you mean "booking_core"'),
        ("xyz", "the examples are: booking_core"),
        ("empty", "holds no service.yaml"),
    ],
)
def test_anything_else_says_what_would_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WrongUsage, match=said):
        find(name)
