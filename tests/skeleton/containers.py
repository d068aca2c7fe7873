"""What the deployment files of a project say about its processes, as plain values.

A container runs the entrypoint of its image with its own arguments, in the environment
of the image with its own laid over it. All of that is read from the files themselves.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

INTERPOLATED = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}")
SECRET = "service-secrets"
SETTINGS = "settings"


@dataclass(frozen=True)
class Container:
    """One process: what is executed, in which environment, and what it is asked."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    check: tuple[str, ...] = ()
    """A command that says whether it is well."""
    probes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By kind: the path that is asked, and the port."""


@dataclass(frozen=True)
class Stage:
    """A stage of a Dockerfile: its instructions, each with its text."""

    base: str
    name: str
    instructions: tuple[tuple[str, str], ...]

    def last(self, word: str) -> str:
        """The text of the last instruction of a kind."""
        return [text for each, text in self.instructions if each == word][-1]

    @property
    def environment(self) -> dict[str, str]:
        """What it sets, but for the path."""
        texts = (text for word, text in self.instructions if word == "ENV")
        pairs = (pair.split("=", 1) for text in texts for pair in shlex.split(text))
        return {name: value for name, value in pairs if name != "PATH"}

    def command(self, arguments: Sequence[str] | None = None) -> tuple[str, ...]:
        """What a container executes, with arguments of its own or without."""
        given = json.loads(self.last("CMD")) if arguments is None else arguments
        return (*json.loads(self.last("ENTRYPOINT")), *given)


def stages(project: Path) -> list[Stage]:
    """The stages of the project's Dockerfile."""
    text = (project / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if line and line[0] != "#"]
    found: list[Stage] = []
    for line in "\n".join(lines).replace("\\\n", "").splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append(Stage(base, name, ()))
        else:
            last = found[-1]
            more = (*last.instructions, (word, rest.strip()))
            found[-1] = Stage(last.base, last.name, more)
    return found


def image(project: Path) -> Stage:
    """The stage that is run."""
    return stages(project)[-1]


def context(project: Path) -> list[str]:
    """What of a project a build is given, by `.dockerignore`."""
    rules = (project / ".dockerignore").read_text().split()
    found = []
    for path in project.rglob("*"):
        name = path.relative_to(project).as_posix()
        if path.is_file() and not _left_out(name, rules):
            found.append(name)
    return found


def _left_out(name: str, rules: Sequence[str]) -> bool:
    parts = name.split("/")
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    out = False
    for rule in rules:
        pattern = rule.removeprefix("!").removeprefix("**/")
        anywhere = "**/" in rule
        names = parts if anywhere else above
        if any(fnmatch(each, pattern) for each in names):
            out = not rule.startswith("!")
    return out


def copied(project: Path, stage: Stage, root: Path) -> None:
    """Do what the COPY instructions of a stage say, with `root` as its root."""
    for word, text in stage.instructions:
        if word != "COPY" or text.startswith("--from"):
            continue
        *sources, target = text.split()
        place = PurePosixPath(stage.last("WORKDIR"), target).relative_to("/")
        for name in context(project):
            for source in sources:
                if fnmatch(name, source) or name.startswith(f"{source}/"):
                    within = name if target.endswith("/") else name[len(source) + 1 :]
                    to = root / place / within
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(project / name, to)


def compose(project: Path) -> dict[str, Any]:
    """The services of the project's compose file."""
    read: dict[str, Any] = yaml.safe_load((project / "compose.yaml").read_text())
    services: dict[str, Any] = read["services"]
    return services


def of_compose(project: Path, given: Mapping[str, str]) -> dict[str, Container]:
    """The containers of the compose file, by name; `given` are its variables."""
    runs = image(project)
    found = {}
    for name, service in compose(project).items():
        ours = "build" in service
        arguments = service.get("command", () if not ours else None)
        assert arguments is None or not isinstance(arguments, str)
        command = runs.command(arguments) if ours else tuple(arguments)
        said = service.get("environment", {})
        environment = {each: _filled(str(value), given) for each, value in said.items()}
        test = service.get("healthcheck", {}).get("test", ["CMD"])
        assert test[0] == "CMD"
        base = runs.environment if ours else {}
        found[name] = Container(name, command, base | environment, tuple(test[1:]))
    return found


def _filled(text: str, given: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name, default = match.groups()
        return given.get(name) or default or given[name]

    return INTERPOLATED.sub(value, text)


def manifests(folder: Path) -> list[dict[str, Any]]:
    """All objects in the manifests of a folder."""
    return [
        each
        for file in sorted(folder.glob("*.yaml"))
        if file.name != "kustomization.yaml"
        for each in yaml.safe_load_all(file.read_text())
    ]


def settings(project: Path) -> dict[str, str]:
    """What the config map of Kubernetes tells the processes."""
    lines = (project / "deploy/base/settings.env").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if line and line[0] != "#")
    return dict((name, value) for name, value in pairs)


def of_kubernetes(project: Path, secrets: Mapping[str, str]) -> Iterator[Container]:
    """The containers of the deployments, those that prepare a pod before its own."""
    runs = image(project)
    sources = {SETTINGS: settings(project), SECRET: secrets}
    for each in manifests(project / "deploy/base"):
        if each["kind"] != "Deployment":
            continue
        pod = each["spec"]["template"]["spec"]
        for container in (*pod["initContainers"], *pod["containers"]):
            environment = dict(runs.environment)
            for source in container["envFrom"]:
                (reference,) = source.values()
                environment |= sources[reference["name"]]
            yield Container(
                container["name"],
                runs.command(container["args"]),
                environment,
                probes=dict(_probes(container)),
            )


def _probes(container: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    ports = {p["name"]: str(p["containerPort"]) for p in container.get("ports", ())}
    for key, probe in container.items():
        if key.endswith("Probe"):
            asked = probe["httpGet"]
            yield key, (asked["path"], ports[asked["port"]])
