"""What CI, pre-commit and a development container run in a project, run here."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from generator import __version__, pipeline
from tests.skeleton.conftest import bare_environment, run

WORKFLOW = ".github/workflows/ci.yml"
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")
# They want a package index, a Docker engine, or a registry; what they install or build
# is looked at by other tests.
ELSEWHERE = ("python -m pip install", "docker ")
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com")


def workflow(project: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((project / WORKFLOW).read_text())
    return read


def commands(project: Path, job: str) -> list[str]:
    """What the steps of a job run, in order."""
    steps = workflow(project)["jobs"][job]["steps"]
    return [step["run"] for step in steps if "run" in step]


def here(project: Path, job: str) -> list[str]:
    """Those of its commands that can be run without a network."""
    return [each for each in commands(project, job) if not each.startswith(ELSEWHERE)]


def shell(project: Path, command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does: by bash, which stops at what fails."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command],
        cwd=project,
        env={**bare_environment(), "PATH": programs, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def committed(project: Path) -> None:
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "-qm", "x")):
        subprocess.run([*GIT, *command], cwd=project, check=True)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.github-workflows", WORKFLOW),
        ("custom.github-workflows-require-timeout", WORKFLOW),
        ("vendor.dependabot", ".github/dependabot.yml"),
    ],
)
def test_what_github_reads_has_its_shape(
    skeleton: Path, schema: str, path: str
) -> None:
    run(skeleton, "check_jsonschema", "--builtin-schema", schema, path)


def test_actions_are_pinned_and_may_only_read(skeleton: Path) -> None:
    read = workflow(skeleton)
    assert read["permissions"] == {"contents": "read"}
    for name, job in read["jobs"].items():
        writes = {"packages"} if name == "publish" else set()
        allowed = job.get("permissions", {})
        assert {each for each, may in allowed.items() if may == "write"} == writes
        for step in job["steps"]:
            assert "uses" not in step or PINNED.fullmatch(step["uses"])


def test_no_script_holds_what_others_may_have_named(skeleton: Path) -> None:
    for job in workflow(skeleton)["jobs"]:
        assert not [each for each in commands(skeleton, job) if "${{" in each]


def test_only_what_passed_everything_is_published(skeleton: Path) -> None:
    jobs = workflow(skeleton)["jobs"]
    assert set(jobs["publish"]["needs"]) == jobs.keys() - {"publish"}
    assert jobs["publish"]["if"] == "startsWith(github.ref, 'refs/tags/')"


def test_it_tries_the_oldest_python_and_that_of_the_image(skeleton: Path) -> None:
    oldest = tomllib.loads((skeleton / "pyproject.toml").read_text())["project"]
    image = re.search(r"FROM python:([\d.]+)", (skeleton / "Dockerfile").read_text())
    assert image
    assert workflow(skeleton)["jobs"]["check"]["strategy"]["matrix"]["python"] == [
        oldest["requires-python"].removeprefix(">="),
        image[1],
    ]


@pytest.mark.service
def test_the_checks_of_a_new_project_pass(skeleton: Path) -> None:
    steps = here(skeleton, "check")
    assert steps == ["make check", "make test"]
    for step in steps:
        done = shell(skeleton, step, SCAFFOLD_PYTHON=sys.executable)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service with domains, under version control."""
    folder = tmp_path_factory.mktemp("workflow") / "project"
    pipeline.generate("booking_core", folder)
    committed(folder)
    return folder


def test_a_tag_passes_only_when_its_release_is_frozen(project: Path) -> None:
    *steps, frozen = here(project, "blueprint")
    assert [shell(project, each).returncode for each in steps] == [0, 0, 0]
    assert steps[-1] == "scaffold release"
    assert shell(project, frozen).returncode == 1
    committed(project)
    for each in (steps[-1], frozen):
        done = shell(project, each)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_project_that_is_behind_its_blueprint_does_not_pass(project: Path) -> None:
    check, *_ = here(project, "blueprint")
    event = project / "app/guest/events.py"
    text = event.read_text()
    event.unlink()
    try:
        done = shell(project, check)
    finally:
        event.write_text(text)
    assert done.returncode == 1
    assert "::error file=" in done.stdout


def test_ci_and_hooks_install_a_scaffold_that_fits(project: Path) -> None:
    read = tomllib.loads((project / "pyproject.toml").read_text())
    (group,) = read["dependency-groups"]["scaffold"]
    assert group in [each for hook in hooks(project) for each in installed(hook)]
    requirement = Requirement(group)
    assert requirement.name == "domain-scaffold"
    assert __version__ in requirement.specifier
    assert "999" not in requirement.specifier


def hooks(project: Path) -> list[dict[str, Any]]:
    read = yaml.safe_load((project / ".pre-commit-config.yaml").read_text())
    found: list[dict[str, Any]] = read["repos"][0]["hooks"]
    return found


def installed(hook: dict[str, Any]) -> list[str]:
    return list(hook.get("additional_dependencies", ()))


@pytest.fixture
def clone(skeleton: Path, tmp_path: Path) -> Iterator[Path]:
    """The skeleton under version control, with an environment in its place."""
    folder = tmp_path / "clone"
    shutil.copytree(skeleton, folder, ignore=shutil.ignore_patterns(".*cache"))
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".git/info").mkdir(parents=True)
    (folder / ".git/info/exclude").write_text(".venv\n")
    committed(folder)
    yield folder


@pytest.mark.service
def test_the_hooks_pass_what_is_clean_and_stop_what_is_not(clone: Path) -> None:
    run(clone, "pre_commit", "validate-config")
    skipped = ",".join(hook["id"] for hook in hooks(clone) if installed(hook))
    assert skipped == "scaffold-check"
    home = str(clone.parent / "home")
    command = "pre-commit run --all-files"
    done = shell(clone, command, SKIP=skipped, PRE_COMMIT_HOME=home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == len(hooks(clone)) - 1
    about = clone / "app/about.py"
    about.write_text(about.read_text() + "import os\nTIMEZONE = 1\n")
    done = shell(clone, command, SKIP=skipped, PRE_COMMIT_HOME=home)
    assert done.returncode == 1
    assert done.stdout.count("Failed") == len(hooks(clone)) - 1


def test_the_hook_of_the_blueprint_passes_a_project_that_follows(
    project: Path,
) -> None:
    (hook,) = [hook for hook in hooks(project) if installed(hook)]
    assert shell(project, shlex.join(shlex.split(hook["entry"]))).returncode == 0


def test_a_development_container_sets_up_what_make_wants(skeleton: Path) -> None:
    read = json.loads((skeleton / ".devcontainer/devcontainer.json").read_text())
    make, *targets = read["postCreateCommand"]
    planned = shell(skeleton, shlex.join([make, "--dry-run", *targets]))
    assert planned.returncode == 0
    assert "pip install" in planned.stdout
    assert "HTTP_PORT=8000\n" in (skeleton / ".env.example").read_text()
    assert read["forwardPorts"] == [8000]
    assert set(read["portsAttributes"]) == {"8000"}
