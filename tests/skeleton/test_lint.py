"""The lint that a project comes with finds no fault in the words of its domain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from generator import pipeline

DOMAIN = """\
domain: blood
enums:
  Group: [A, B, AB, O]
value_objects:
  O: {fields: {l: int}}
aggregates:
  Donor:
    state: {group: Group, donations: list(O)}
    commands:
      AddDonor:
        creates: true
        access: public
        fields: {group: Group, donations: list(O)}
        rules:
          - {require: "all([l.l > 0 for l in donations])", error: NothingGiven}
        emits: DonorAdded
    events:
      DonorAdded: {fields: {group: Group, donations: list(O)}}
"""


def test_a_name_of_one_letter_is_a_name_like_any_other(tmp_path: Path) -> None:
    blueprint, project = tmp_path / "blueprint", tmp_path / "project"
    blueprint.mkdir()
    (blueprint / "service.yaml").write_text("service: clinic\n")
    (blueprint / "blood.yaml").write_text(DOMAIN)
    pipeline.generate(blueprint, project)
    lint = [sys.executable, "-m", "ruff", "check", "--no-cache", "app", "tests"]
    done = subprocess.run(lint, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    written = (project / "app/blood/aggregate.py").read_text()
    assert "for l in" in written
