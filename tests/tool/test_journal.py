"""An existing project is changed as a whole, whatever ends the run that changes it."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from generator import busy, journal
from generator.diagnostics import ScaffoldError
from generator.folder import Folder
from generator.interrupts import Interrupted, watched
from generator.journal import DamagedJournal, LeftAlone, Op, Refused, apply, recover
from tests.tool.folders import contents, make

BEFORE = {
    "app/guest/events.py": "e = 1\n",
    "app/guest/__pycache__/events.pyc": "",
    "app/server.py": "x = 1\n",
    "bin/run": "#!/bin/sh\n",
    ".scaffold/base.txtar": "old\n",
    ".scaffold/busy": "",
}
AFTER: dict[str, str | None] = {
    "app/guest/events.py": None,
    "app/server.py": "x = 2\r\ny = 'é'\n",
    "bin/run": "#!/bin/bash\n",
    ".scaffold/base.txtar": "new\n",
    "app/hotel/room/events.py": "r = 1\n",
}
OPS = tuple(
    Op(PurePosixPath(path), text, BEFORE.get(path)) for path, text in AFTER.items()
)


def op(path: str, text: str | None, seen: str | bytes | None = None) -> Op:
    return Op(PurePosixPath(path), text, seen)


def project_in(folder: Path) -> Path:
    make(folder, BEFORE)
    (folder / "bin/run").chmod(0o750)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return project_in(tmp_path / "shop")


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its mode, and folders that hold none."""
    return {
        path.relative_to(folder).as_posix(): (
            path.read_bytes() if path.is_file() else b"",
            stat.S_IMODE(path.stat().st_mode),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file() or not any(path.iterdir())
    }


def test_everything_arrives_byte_for_byte(project: Path) -> None:
    apply(project, OPS)
    assert contents(project) == {
        ".scaffold": None,
        ".scaffold/base.txtar": b"new\n",
        ".scaffold/busy": b"",
        "app": None,
        "app/hotel": None,
        "app/hotel/room": None,
        "app/hotel/room/events.py": b"r = 1\n",
        "app/server.py": "x = 2\r\ny = 'é'\n".encode(),
        "bin": None,
        "bin/run": b"#!/bin/bash\n",
    }


def test_modes_are_kept_and_new_files_have_that_of_any(project: Path) -> None:
    (project / "plain").write_text("")
    run = Op(PurePosixPath("run"), "", None, executable=True)
    apply(project, [*OPS, run])
    modes = {path: mode for path, (_, mode) in files(project).items()}
    assert modes["bin/run"] == 0o750
    assert modes["app/hotel/room/events.py"] == modes["plain"]
    assert modes["run"] == modes["plain"] | (modes["plain"] & 0o444) >> 2


@pytest.mark.parametrize(("executable", "mode"), [(True, 0o755), (False, 0o644)])
def test_a_mode_alone_may_change(project: Path, executable: bool, mode: int) -> None:
    (project / "bin/run").chmod(0o744 if executable else 0o755)
    text = BEFORE["bin/run"]
    apply(project, [Op(PurePosixPath("bin/run"), text, text, executable)])
    assert files(project)["bin/run"] == (text.encode(), mode)


def test_equal_bytes_are_not_written(project: Path) -> None:
    place = project / "app/server.py"
    os.utime(place, ns=(1, 1))
    apply(project, [op("app/server.py", "x = 1\n", b"x = 1\n"), op("no.py", None)])
    assert place.stat().st_mtime_ns == 1


def test_a_link_that_stays_inside_stays_a_link(project: Path) -> None:
    (project / "code").symlink_to("app")
    (project / "server.py").symlink_to("app/server.py")
    apply(project, [op("server.py", "x = 3\n", "x = 1\n"), op("code/new.py", "n\n")])
    assert (project / "code").is_symlink()
    assert (project / "server.py").is_symlink()
    assert (project / "app/server.py").read_text() == "x = 3\n"
    assert (project / "app/new.py").read_text() == "n\n"


REFUSED: dict[str, tuple[Callable[[Path], object], Op, str]] = {
    "a folder's link leading out": (
        lambda project: (project / "lib").symlink_to("../outside"),
        op("lib/mine.txt", "y", "mine"),
        "lib/mine.txt: a link leads out of the project",
    ),
    "a file's link leading out": (
        lambda project: (project / "f.py").symlink_to("../outside/mine.txt"),
        op("f.py", "y", "mine"),
        "f.py: a link leads out of the project",
    ),
    "a dangling link leading out": (
        lambda project: (project / "f.py").symlink_to("../outside/none.txt"),
        op("f.py", "y"),
        "f.py: a link leads out of the project",
    ),
    "a link to itself": (
        lambda project: (project / "f.py").symlink_to("f.py"),
        op("f.py", "y"),
        "f.py: not a plain file",
    ),
    "the folder above": (id, op("../f.py", "y"), "no path inside a project"),
    "an absolute path": (id, op("/f.py", "y"), "no path inside a project"),
    "a drive": (id, op("C:f.py", "y"), "no path inside a project"),
    "git's own files": (id, op(".git/config", "y"), r"\.git belongs to git"),
    "the journal": (id, op(".scaffold/journal", "y"), "where scaffold works"),
    "what is staged": (id, op(".Scaffold/staged/0", "y"), "where scaffold works"),
    "a folder in the way": (id, op("app", "y"), "app: not a plain file"),
    "a file in the way": (
        id,
        op("app/server.py/f.py", "y"),
        "app/server.py/f.py: a folder above it is a file",
    ),
    "a pipe": (
        lambda project: os.mkfifo(project / "pipe"),
        op("pipe", "y"),
        "pipe: not a plain file",
    ),
    "a read-only file": (
        lambda project: (project / "app/server.py").chmod(0o444),
        op("app/server.py", "y", "x = 1\n"),
        "app/server.py: read-only",
    ),
    "a read-only file that would go": (
        lambda project: (project / "app/server.py").chmod(0o444),
        op("app/server.py", None, "x = 1\n"),
        "app/server.py: read-only",
    ),
    "a read-only folder": (
        lambda project: (project / "app").chmod(0o555),
        op("app/new/f.py", "y"),
        "app/new/f.py: the folder .*/app is read-only",
    ),
    "changed since the plan": (
        lambda project: (project / "app/server.py").write_text("mine"),
        op("app/server.py", "y", "x = 1\n"),
        "app/server.py: changed since the plan was made",
    ),
    "appeared since the plan": (
        lambda project: (project / "f.py").write_text(""),
        op("f.py", "y"),
        "f.py: changed since the plan was made",
    ),
    "gone since the plan": (id, op("f.py", None, "y"), "f.py: changed since the plan"),
    "only its line ends changed": (
        lambda project: (project / "app/server.py").write_bytes(b"x = 1\r\n"),
        op("app/server.py", "y", "x = 1\n"),
        "app/server.py: changed since the plan was made",
    ),
    "a file's twin in case": (
        id,
        op("app/Server.py", "y"),
        "app/Server.py: the project has app/server.py, which is the same on some",
    ),
    "a folder's twin in case": (
        id,
        op("App/f.py", "y"),
        "App/f.py: the project has app, which is the same on some systems",
    ),
    "a twin in accents": (
        lambda project: (project / "cafe\u0301").write_text(""),
        op("caf\u00e9", "y"),
        "which is the same on some systems",
    ),
}


@pytest.mark.parametrize(("prepare", "wrong", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_must_not_be_is_refused_before_anything_is_written(
    project: Path, prepare: Callable[[Path], object], wrong: Op, reason: str
) -> None:
    make(project.parent, {"outside/mine.txt": "mine"})
    prepare(project)
    before = contents(project.parent)
    with pytest.raises(ScaffoldError, match=reason):
        apply(project, [op("first.py", "1"), wrong, op("last.py", "1")])
    assert contents(project.parent) == before


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (["a.py", "A.py"], "A.py: wanted twice, the other time as a.py"),
        (["a.py", "a.py"], "a.py: wanted twice"),
        (["caf\u00e9", "cafe\u0301"], "wanted twice"),
        (["a", "A/b.py"], "wanted as a file, and as a folder of A/b.py"),
    ],
)
def test_two_that_want_one_place_are_refused(
    project: Path, paths: list[str], reason: str
) -> None:
    before = contents(project)
    with pytest.raises(Refused, match=reason):
        apply(project, [op(path, "y") for path in paths])
    assert contents(project) == before


def test_scaffolds_own_folder_may_be_no_link(project: Path) -> None:
    shutil.move(project / ".scaffold", project.parent / "elsewhere")
    (project / ".scaffold").symlink_to("../elsewhere")
    before = contents(project.parent)
    for act in (lambda: apply(project, OPS), lambda: recover(project)):
        with pytest.raises(Refused, match=r"leads out|is a link"):
            act()
    assert contents(project.parent) == before


def test_a_read_only_project_is_refused_and_stays_as_it_is(project: Path) -> None:
    shutil.rmtree(project / ".scaffold")
    folders = [project, *(path for path in project.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    before = contents(project)
    try:
        with pytest.raises(Refused, match="is read-only"):
            apply(project, [op("new.py", "y")])
        assert str(recover(project)) == ""
        assert contents(project) == before
    finally:
        for folder in folders:
            folder.chmod(0o755)


class Crash(BaseException):
    """The run is dead: from here on it does nothing at all."""


STEPS = ("open", "write", "replace", "unlink", "mkdir", "rmdir", "fchmod")


@contextmanager
def dying_at(step: int) -> Iterator[Callable[[], int]]:
    """Whoever changes the disk for the n-th time dies before it; a write half done.

    Once dead, nothing changes the disk any more, clean-up included: as after a crash.
    """
    done = 0
    real = {name: getattr(os, name) for name in STEPS}

    def bombed(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal done
            if name != "open" or arguments[1] & os.O_CREAT:
                done += 1
                if done >= step:
                    if name == "write" and done == step:
                        real[name](arguments[0], bytes(arguments[1])[:1])
                    raise Crash
            return real[name](*arguments, **named)

        return call

    with pytest.MonkeyPatch.context() as patched:
        for name in STEPS:
            patched.setattr(os, name, bombed(name))
        yield lambda: done


def test_a_crash_anywhere_and_one_in_every_recovery_leave_all_old_or_all_new(
    tmp_path: Path,
) -> None:
    old = files(project_in(tmp_path / "old"))
    apply(project_in(tmp_path / "new"), OPS)
    new = files(tmp_path / "new")
    ends = {"old": 0, "new": 0}
    for step in itertools.count(1):
        crashed = project_in(tmp_path / f"crashed-{step}")
        with dying_at(step):
            try:
                apply(crashed, OPS)
                break
            except Crash:
                pass
        for again in itertools.count(1):
            twice = tmp_path / f"twice-{step}-{again}"
            shutil.copytree(crashed, twice)
            with dying_at(again):
                try:
                    recover(twice)
                    finished = True
                except Crash:
                    finished = False
            outcome = recover(twice)
            assert outcome.kept == ()
            assert files(twice) in (old, new), (step, again)
            ends["new" if files(twice) == new else "old"] += 1
            assert outcome.outcome != ("back" if files(twice) == new else "forward")
            assert recover(twice).outcome == "clean"
            shutil.rmtree(twice)
            if finished:
                break
    assert ends["old"] > 20
    assert ends["new"] > 100


def crash_after_commit(project: Path, renames: int = 0) -> None:
    """Die when the journal is in place and some files are."""
    count = itertools.count()

    def replace(source: Any, target: Any, **named: Any) -> None:
        if next(count) > renames:
            raise Crash
        os.rename(source, target, **named)

    def nothing(*_: object, **__: object) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patched, pytest.raises(Crash):
        patched.setattr(os, "replace", replace)
        if not renames:
            patched.setattr(os, "unlink", nothing)
        apply(project, OPS)


def test_what_recovery_did_is_said(project: Path) -> None:
    assert str(recover(project)) == ""
    make(project, {".scaffold/staged/0": "", ".scaffold/journal.draft": "["})
    assert recover(project).outcome == "back"
    crash_after_commit(project)
    recovery = recover(project)
    assert recovery.outcome == "forward"
    assert str(recovery) == "an interrupted run was carried to its end"


def test_a_run_carries_on_what_it_finds_before_it_looks(project: Path) -> None:
    crash_after_commit(project)
    apply(project, [op("app/server.py", "x = 9\n", AFTER["app/server.py"])])
    assert (project / "app/server.py").read_text() == "x = 9\n"
    assert (project / "bin/run").read_text() == "#!/bin/bash\n"


def test_a_file_edited_in_between_is_left_alone_and_its_text_kept(
    project: Path,
) -> None:
    crash_after_commit(project)
    make(project, {"app/server.py": "mine\n", "app/guest/events.py": "mine too\n"})
    recovery = recover(project)
    assert recovery.kept == (
        PurePosixPath("app/guest/events.py"),
        PurePosixPath("app/server.py"),
    )
    assert "left alone: app/guest/events.py, app/server.py" in str(recovery)
    assert (project / "app/server.py").read_text() == "mine\n"
    assert (project / "app/guest/events.py").read_text() == "mine too\n"
    kept = project / ".scaffold/not-applied"
    assert contents(kept)["app/server.py"] == (AFTER["app/server.py"] or "").encode()
    assert (project / "bin/run").read_text() == "#!/bin/bash\n"
    assert recover(project).outcome == "clean"


def test_a_file_edited_in_the_last_instant_is_left_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = journal._committed

    def edited_then_committed(folder: Folder, entries: Any) -> None:
        make(project, {"app/server.py": "mine\n"})
        real(folder, entries)

    monkeypatch.setattr(journal, "_committed", edited_then_committed)
    with pytest.raises(LeftAlone, match=r"left alone: app/server\.py"):
        apply(project, OPS)
    assert (project / "app/server.py").read_text() == "mine\n"
    assert (project / "bin/run").read_text() == "#!/bin/bash\n"


def test_a_link_put_in_the_way_in_the_last_instant_leads_nowhere(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at a place and the rename its folder becomes a link out."""
    make(project.parent, {"outside/server.py": "mine\n"})
    real = Folder.located

    def swapped(folder: Folder, path: PurePosixPath) -> PurePosixPath:
        found = real(folder, path)
        if path.name == "server.py" and (project / ".scaffold/journal").exists():
            shutil.move(project / "app", project / "moved")
            (project / "app").symlink_to("../outside")
        return found

    monkeypatch.setattr(Folder, "located", swapped)
    with pytest.raises(LeftAlone):
        apply(project, [op("app/server.py", "y\n", "x = 1\n")])
    assert (project.parent / "outside/server.py").read_text() == "mine\n"


def journal_of(**changed: object) -> str:
    entry = {"path": "f.py", "before": "", "after": "x", "staged": 0, "mode": 0o644}
    return json.dumps([entry | changed])


DAMAGED = {
    "no journal at all": ("hello", "no journal of scaffold's"),
    "half of one": (journal_of()[:-3], "no journal of scaffold's"),
    "another shape": ('[{"path": 1}]', "no journal of scaffold's"),
    "a path that leads out": (journal_of(path="../f.py"), "no path inside"),
    "git's own files": (journal_of(path=".git/hooks/x"), ".git belongs to git"),
    "scaffold's own": (journal_of(path=".scaffold/journal"), "where scaffold works"),
    "another text staged": (journal_of(), "another one"),
    "a mode that lends rights": (journal_of(mode=0o4755), "no mode"),
    "nothing to write": (journal_of(staged=None), "neither written nor deleted"),
    "a staged name that leads out": (journal_of(staged="../../x"), "no journal"),
}


@pytest.mark.parametrize(("text", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_a_journal_of_somebody_else_is_not_carried_out(
    project: Path, text: str, reason: str
) -> None:
    make(project, {".scaffold/journal": text, ".scaffold/staged/0": "evil"})
    before = contents(project)
    for act in (lambda: recover(project), lambda: apply(project, OPS)):
        with pytest.raises(DamagedJournal, match=reason) as damaged:
            act()
        assert "remove .scaffold/journal and .scaffold/staged" in str(damaged.value)
    assert contents(project) == before


def test_a_journal_through_links_does_not_lead_out(project: Path) -> None:
    outside = make(project.parent / "outside", {"0": "evil"})
    after = journal._digest(b"evil")
    (project / "lib").symlink_to(outside)
    make(project, {".scaffold/journal": journal_of(path="lib/x", after=after)})
    make(project, {".scaffold/staged/0": "evil"})
    assert recover(project).kept == (PurePosixPath("lib/x"),)
    assert contents(outside) == {"0": b"evil"}
    make(project, {".scaffold/journal": journal_of(after=after)})
    (project / ".scaffold/staged").symlink_to(outside)
    with pytest.raises(DamagedJournal):
        recover(project)
    assert contents(outside) == {"0": b"evil"}
    assert not (project / "f.py").exists()


@pytest.mark.parametrize("call", range(1, 20))
def test_a_failure_before_the_commit_leaves_everything_as_it_was(
    project: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    before = files(project)
    count = itertools.count(1)
    real = os.write

    def full(number: int, data: Any) -> int:
        if next(count) == call:
            raise OSError(28, "No space left on device")
        return real(number, data)

    monkeypatch.setattr(os, "write", full)
    writes = sum(each.text is not None for each in OPS) + 1
    if call <= writes:
        with pytest.raises(Refused, match=r"nothing was written.*No space left"):
            apply(project, OPS)
        assert files(project) == before
    else:
        apply(project, OPS)


def test_a_failure_after_it_is_said_and_made_good_by_the_next_run(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Folder, "make", failing_below("app", Folder.make))
        with pytest.raises(journal.Unfinished, match="the next run of scaffold goes"):
            apply(project, OPS)
    assert recover(project).outcome == "forward"
    assert (project / "app/hotel/room/events.py").exists()


def failing_below(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def function(folder: Folder, path: PurePosixPath) -> Any:
        if path.parts[0] == name:
            raise OSError(13, "Permission denied", str(path))
        return real(folder, path)

    return function


@pytest.mark.parametrize("phase", ["stage", "commit"])
def test_a_signal_before_the_commit_leaves_all_old(
    project: Path, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    before = files(project)
    real = journal.checkpoint

    def signalled(name: str) -> None:
        if name == phase:
            os.kill(os.getpid(), signal.SIGTERM)
        real(name)

    monkeypatch.setattr(journal, "checkpoint", signalled)
    with pytest.raises(Interrupted, match=f"SIGTERM in phase '{phase}'"), watched():
        apply(project, OPS)
    assert files(project) == before


def test_a_signal_after_it_leaves_all_new(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(project_in(project.parent / "new"), OPS)
    real = journal._carried_out

    def signalled(*arguments: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return real(*arguments)

    monkeypatch.setattr(journal, "_carried_out", signalled)
    with watched():
        apply(project, OPS)
    assert files(project) == files(project.parent / "new")


def test_texts_are_durable_before_the_journal_has_its_name(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    sync, replace = os.fsync, os.replace
    committed: list[int] = []

    def noted(number: int) -> None:
        synced.append(os.fstat(number).st_ino)
        sync(number)

    def renamed(source: Any, target: Any, **named: Any) -> None:
        if target == "journal":
            committed.extend(synced)
        replace(source, target, **named)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(os, "replace", renamed)
    apply(project, OPS)
    written = [path for path, text in AFTER.items() if text is not None]
    assert {(project / path).stat().st_ino for path in written} <= set(committed)
    homes = {project, project / "app", project / "app/hotel/room", project / "bin"}
    later = set(synced[len(committed) :])
    assert {home.stat().st_ino for home in homes} <= later
    assert (project / ".scaffold").stat().st_ino in later


HOLD = """
import sys
from pathlib import Path
from generator.busy import held
from generator.folder import Folder
with Folder(Path(sys.argv[1])) as folder, held(folder):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_run(project: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the project until its input ends."""
    line = [sys.executable, "-c", HOLD, str(project)]
    pipe = subprocess.PIPE
    with subprocess.Popen(line, stdin=pipe, stdout=pipe, text=True) as run:
        try:
            assert run.stdout is not None
            assert run.stdout.readline() == "held\n"
            yield run
        finally:
            run.kill()


def test_a_second_run_says_that_another_is_at_work(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(busy, "PATIENCE", 0)
    before = files(project)
    with (
        another_run(project),
        pytest.raises(busy.Busy, match="another run of scaffold"),
    ):
        apply(project, OPS)
    assert files(project) == before
    apply(project, OPS)


def test_a_second_run_waits_for_the_first(project: Path) -> None:
    with another_run(project) as run:
        second = threading.Thread(target=apply, args=(project, OPS))
        second.start()
        assert not (project / ".scaffold/staged").exists()
        assert (project / "app/server.py").read_text() == "x = 1\n"
        assert run.stdin is not None
        run.stdin.close()
        second.join()
    assert (project / "bin/run").read_text() == "#!/bin/bash\n"
