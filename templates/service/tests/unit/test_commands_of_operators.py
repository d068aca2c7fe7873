"""What is wrong with its surroundings, `python -m app` says in a line, and ends."""

import socket
import sys
from pathlib import Path

import pytest

from app.__main__ import main
from app.dev.__main__ import main as development

SUBJECT = "00000000-0000-7000-8000-000000000001"
PROCESSES = ("serve", "work")
OPERATIONS = ("migrate", "resume anything", "bump-epoch")
AWAY = "postgresql://me:hidden@127.0.0.1:1/gone"
READABLE = (
    "postgresql:///here?host=/tmp",
    "postgresql://me:p@ss:word@one:1,two:2/here?sslmode=require",
    "postgres://[::1]:5432/here",
)
MISREAD = (
    *(f"me:{word}@127.0.0.1:1/gone" for word in ("12/34", "1?2", "1#2", "1[2", "p/w")),
    "me:word@127.0.0.1:one/gone",
    "me:word@[127.0.0.1/gone",
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", AWAY)
    monkeypatch.setenv("HTTP_PORT", "0")
    monkeypatch.setenv("SECURITY_JWT_SECRET", "s" * 32)


def said(command: str) -> list[str]:
    """The lines with which a command ends that cannot do what it should."""
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    assert isinstance(ended.value.code, str)  # which Python prints, and ends with 1
    return ended.value.code.splitlines()


@pytest.mark.parametrize("command", PROCESSES)
def test_every_wrong_setting_is_named_and_none_is_told(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {
        "CACHE_URL": "redis://me:hidden/1@here",
        "DATABASE_URL": "hidden",
        "HTTP_PORT": "hidden",
        "SECURITY_JWT_SECRET": "hidden",
        "SERVICE_ENVIRONMENT": "hidden",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    lines = said(command)
    assert [line.partition(": ")[0] for line in lines] == list(wrong)
    assert "hidden" not in str(lines)


@pytest.mark.parametrize("command", OPERATIONS)
def test_what_an_operation_needs_not_is_not_looked_at(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PORT", "hidden")
    monkeypatch.setenv("DATABASE_URL", "hidden")
    assert said(command) == ["DATABASE_URL: must start with postgresql://"]


def test_the_development_server_listens_where_the_settings_say(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = server.getsockname()[1]
        monkeypatch.setenv("HTTP_PORT", str(taken))
        monkeypatch.setattr(sys, "argv", ["app.dev", "--data", str(tmp_path)])
        assert development() == 1
    assert f"Port {taken} is taken" in "".join(capfd.readouterr())
    monkeypatch.setenv("HTTP_PORT", "hidden")
    with pytest.raises(SystemExit):
        development()
    told = capfd.readouterr().err
    assert "HTTP_PORT: " in told and "hidden" not in told


def test_a_token_wants_its_secret_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "hidden")
    monkeypatch.setenv("SECURITY_JWT_SECRET", "hidden")
    expected = "SECURITY_JWT_SECRET: must have at least 32 characters"
    assert said(f"token --subject {SUBJECT}") == [expected]


@pytest.mark.parametrize("command", PROCESSES + OPERATIONS)
def test_a_database_that_is_away_is_named_without_the_way_into_it(
    command: str,
) -> None:
    assert said(command) == [
        f'{command.split()[0]}: The database "gone" at 127.0.0.1:1 cannot be reached:'
        " Connection refused. Start it, or name another one in DATABASE_URL."
    ]


@pytest.mark.parametrize(("command", "what"), [("serve", "HTTP"), ("work", "METRICS")])
def test_a_port_that_is_taken_is_not_shared(
    command: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv(f"{what}_PORT", str(port))
        assert said(command) == [
            f"{command}: {what}_HOST and {what}_PORT name 127.0.0.1:{port}, which"
            " cannot be listened on: Address already in use."
        ]
    monkeypatch.setenv(f"{what}_HOST", "nowhere.invalid")
    [line] = said(command)
    assert line.startswith(f"{command}: {what}_HOST and {what}_PORT name nowhere.inval")


@pytest.mark.parametrize("address", MISREAD)
def test_no_part_of_a_password_is_taken_for_a_host(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://{address}")
    [line] = said("migrate")
    assert line.startswith("DATABASE_URL: must be postgresql://user:password@")


@pytest.mark.parametrize("url", READABLE)
def test_an_address_may_be_whatever_postgresql_takes(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("WORKER_BATCH", "0")
    [line] = said("migrate")
    assert line.startswith("WORKER_BATCH: ")


def test_an_option_that_makes_no_sense_is_not_quoted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{AWAY}?target_session_attrs=hidden")
    [line] = said("migrate")
    assert "DATABASE_URL" in line and "hidden" not in line


def test_a_file_of_settings_that_is_missing_is_missed(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    expected = f"--environment: {file}: No such file or directory."
    assert said(f"--environment {file} migrate") == [expected]
    file.write_bytes(b"HTTP_HOST=\xff")
    expected = f"--environment: {file}: It is not UTF-8."
    assert said(f"--environment {file} migrate") == [expected]
