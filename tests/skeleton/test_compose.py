"""`compose.yaml` is one that compose would take, and decides by settings alone."""

import re
from pathlib import Path

import yaml

from tests.skeleton.conftest import known_settings, run
from tests.skeleton.containers import compose, image

OURS = ("migrate", "api", "worker")
HOST = re.compile(r"(?:@|//|^|,)([a-z]+):\d+")


def test_it_has_the_shape_of_a_compose_file(skeleton: Path) -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    run(skeleton, "check_jsonschema", *schema, "compose.yaml")


def test_what_it_sets_are_settings_of_the_service(skeleton: Path) -> None:
    for name in OURS:
        assert set(compose(skeleton)[name]["environment"]) <= known_settings(skeleton)


def test_processes_are_told_of_every_server_and_listen_beyond_their_container(
    skeleton: Path,
) -> None:
    told = {name: compose(skeleton)[name]["environment"] for name in OURS}
    for each in told.values():
        assert HOST.findall(each["DATABASE_URL"]) == ["postgres"]
        assert HOST.findall(each["CACHE_URL"]) == ["redis"]
    assert HOST.findall(told["worker"]["BUS_SERVERS"]) == ["redpanda"]
    assert told["api"]["HTTP_HOST"] == told["worker"]["METRICS_HOST"] == "0.0.0.0"


def test_it_speaks_of_servers_that_it_has_and_that_are_there_before(
    skeleton: Path,
) -> None:
    services = compose(skeleton)
    for name, service in services.items():
        text = " ".join(map(str, service.get("environment", {}).values()))
        assert set(HOST.findall(text)) <= services.keys(), name
        for other, wanted in service.get("depends_on", {}).items():
            has_check = "healthcheck" in services[other]
            assert wanted["condition"] != "service_healthy" or has_check
    for name in ("api", "worker"):
        before = services[name]["depends_on"]["migrate"]["condition"]
        assert before == "service_completed_successfully"


def test_what_goes_on_is_started_again_and_what_ends_is_not(skeleton: Path) -> None:
    for name, service in compose(skeleton).items():
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")


def test_nothing_listens_on_the_outside(skeleton: Path) -> None:
    for service in compose(skeleton).values():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")


def test_it_holds_no_secret_but_the_password_of_a_developers_database(
    skeleton: Path,
) -> None:
    text = (skeleton / "compose.yaml").read_text()
    assert re.findall(r"SECURITY_JWT_SECRET: (.*)", text) == [
        "${SECURITY_JWT_SECRET:?set it to at least 32 characters}"
    ]
    told = [yaml.safe_dump(each) for each in compose(skeleton).values()]
    passwords = re.findall(r"PASSWORD[^}]*", "".join(told))
    assert {each.partition(":-")[2] for each in passwords if "{" in each} <= {
        "postgres"
    }


def test_the_service_runs_confined(skeleton: Path) -> None:
    for name in OURS:
        service = compose(skeleton)[name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
    user = image(skeleton).last("USER").partition(":")[0]
    assert user.isdecimal() and user != "0"
