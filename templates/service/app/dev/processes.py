"""Child processes that never outlive their parent."""

import asyncio
import contextlib
import ctypes
import os
import pwd
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1

Output = IO[bytes] | int | None


async def start(
    *command: str | Path,
    output: Output = None,
    said: Output = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: pwd.struct_passwd | None = None,
    farewell: signal.Signals = signal.SIGTERM,
) -> Process:
    """Start a command in its own process group; `farewell` reaches it if we die.

    Its standard output goes where `said` says, or else to `output` like its errors.
    """
    return await asyncio.create_subprocess_exec(
        *map(str, command),
        stdin=DEVNULL,
        stdout=output if said is None else said,
        stderr=output,
        env=env,
        cwd=cwd,
        user=user and user.pw_uid,
        group=user and user.pw_gid,
        extra_groups=user and [],
        start_new_session=True,
        preexec_fn=follow_parent(farewell),
    )


async def stop(
    process: Process, farewell: signal.Signals = signal.SIGTERM, grace: float = 15
) -> None:
    """Ask a process to end, wait, and end its whole group if it does not."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(farewell)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), grace)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def finish(process: Process) -> int:
    """Wait for a process to end by itself; stop it if we are cancelled."""
    try:
        return await process.wait()
    finally:
        await stop(process)


def follow_parent(farewell: signal.Signals) -> Callable[[], None] | None:
    """What a child does first, so that Linux tells it when its parent has died."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def follow() -> None:
        prctl(PR_SET_PDEATHSIG, farewell.value)
        if os.getppid() != parent:
            os._exit(1)

    return follow
