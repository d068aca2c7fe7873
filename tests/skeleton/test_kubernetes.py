"""The manifests are such as a cluster takes, and the pods such as it lets run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.skeleton.conftest import known_settings
from tests.skeleton.containers import SECRET, SETTINGS, image, manifests, settings

VERSIONS = ("1.30", "1.37")
OVERLAYS = ("staging", "production")


def base(skeleton: Path) -> Path:
    return skeleton / "deploy/base"


def overlay(skeleton: Path, name: str) -> Path:
    return skeleton / "deploy/overlays" / name


def kustomization(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((folder / "kustomization.yaml").read_text())
    return read


def pods(skeleton: Path) -> Iterator[dict[str, Any]]:
    for each in manifests(base(skeleton)):
        if each["kind"] == "Deployment":
            yield each["spec"]["template"]["spec"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_manifests_have_the_shape_that_kubernetes_wants(
    skeleton: Path, version: str
) -> None:
    found = manifests(base(skeleton))
    assert {each["kind"] for each in found} == {
        *("Deployment", "Service", "PodDisruptionBudget"),
    }
    for each in found:
        kubernetes_validate.validate(each, version, strict=True)


def test_every_file_is_named_and_every_name_is_a_file(skeleton: Path) -> None:
    for folder in (base(skeleton), *(overlay(skeleton, each) for each in OVERLAYS)):
        written = kustomization(folder)
        assert (written["apiVersion"], written["kind"]) == (
            "kustomize.config.k8s.io/v1beta1",
            "Kustomization",
        )
        named = [
            *written["resources"],
            *(p["path"] for p in written.get("patches", ())),
        ]
        for generator in written["configMapGenerator"]:
            named += generator.get("envs", ())
        there = {file.name for file in folder.iterdir()} - {"kustomization.yaml"}
        assert {name for name in named if "/" not in name} == there
        assert all((folder / name).exists() for name in named)


def test_overlays_change_what_there_is(skeleton: Path) -> None:
    deployments = {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]["containers"]
        for each in manifests(base(skeleton))
        if each["kind"] == "Deployment"
    }
    images = {each["image"] for pod in pods(skeleton) for each in pod["containers"]}
    for name in OVERLAYS:
        written = kustomization(overlay(skeleton, name))
        assert {each["name"] for each in written["replicas"]} == deployments.keys()
        assert {each["name"] for each in written["images"]} == images
        for patch in manifests(overlay(skeleton, name)):
            ours = patch["spec"]["template"]["spec"]["containers"]
            known = deployments[patch["metadata"]["name"]]
            assert {each["name"] for each in ours} <= {each["name"] for each in known}


def test_what_is_set_are_settings_and_no_secret_is_among_them(skeleton: Path) -> None:
    told = set(settings(skeleton))
    for name in OVERLAYS:
        for each in kustomization(overlay(skeleton, name))["configMapGenerator"]:
            told |= {literal.partition("=")[0] for literal in each["literals"]}
    assert told <= known_settings(skeleton)
    assert told.isdisjoint({"DATABASE_URL", "SECURITY_JWT_SECRET", "CACHE_URL"})
    for pod in pods(skeleton):
        for each in (*pod["initContainers"], *pod["containers"]):
            assert each["envFrom"] == [
                {"configMapRef": {"name": SETTINGS}},
                {"secretRef": {"name": SECRET}},
            ]


def test_what_probes_ask_listens_beyond_its_container(skeleton: Path) -> None:
    told = settings(skeleton)
    assert told["HTTP_HOST"] == told["METRICS_HOST"] == "0.0.0.0"


def test_a_stopped_projection_takes_no_pod_out_of_service(skeleton: Path) -> None:
    asked = {
        each["name"]: {
            kind: probe["httpGet"]["path"]
            for kind, probe in each.items()
            if kind.endswith("Probe")
        }
        for pod in pods(skeleton)
        for each in pod["containers"]
    }
    lives = {"startupProbe": "/health/live", "livenessProbe": "/health/live"}
    assert asked == {
        "api": lives | {"readinessProbe": "/health/serving"},
        "worker": lives,
    }


def test_pods_say_that_they_are_no_development(skeleton: Path) -> None:
    told = settings(skeleton)
    assert told["SERVICE_ENVIRONMENT"] == "production"
    assert told["SERVICE_LOG_FORMAT"] == "json"


def test_pods_are_as_confined_as_the_restricted_profile_wants(skeleton: Path) -> None:
    assert image(skeleton).last("USER").partition(":")[0].isdecimal()
    for pod in pods(skeleton):
        assert not pod["automountServiceAccountToken"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for each in (*pod["initContainers"], *pod["containers"]):
            assert each["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert each["resources"].keys() == {"requests", "limits"}


def test_a_selector_selects_the_pods_of_its_own_name(skeleton: Path) -> None:
    for each in manifests(base(skeleton)):
        selector = each["spec"]["selector"]
        labels = selector.get("matchLabels", selector)
        assert labels == {"app.kubernetes.io/component": each["metadata"]["name"]}


@pytest.mark.skipif(not shutil.which("kubectl"), reason="no kubectl on this machine")
@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_renders_to_valid_manifests(skeleton: Path, name: str) -> None:
    command = ["kubectl", "kustomize", str(overlay(skeleton, name))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rendered = list(yaml.safe_load_all(done.stdout))
    namespace = "bare-service" + ("-staging" if name == "staging" else "")
    for each in rendered:
        kubernetes_validate.validate(each, VERSIONS[-1], strict=True)
        assert each["metadata"]["namespace"] == namespace
    (config,) = [each for each in rendered if each["kind"] == "ConfigMap"]
    assert config["data"].keys() > settings(skeleton).keys()
    for each in rendered:
        if each["kind"] == "Deployment":
            pod = each["spec"]["template"]
            assert pod["metadata"]["labels"]["app.kubernetes.io/name"] == "bare-service"
            for container in pod["spec"]["initContainers"] + pod["spec"]["containers"]:
                assert container["image"].endswith("/bare-service:0.1.0")
                generated = container["envFrom"][0]["configMapRef"]["name"]
                assert generated == config["metadata"]["name"] != SETTINGS
