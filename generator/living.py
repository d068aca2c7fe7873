"""A project that lives: how it follows its blueprint, and takes in a domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from generator import archive, git, journal, project
from generator.changes import Change, Plan, State
from generator.diagnostics import Report, ScaffoldError
from generator.digest import GENERATOR, UNCLEAR, WHOLE, contents, written
from generator.follow import Following
from generator.kinds import kind_of, owner_of
from generator.lists import listed
from generator.own_imports import unresolved
from generator.project import BASE, BLUEPRINTS, DIGEST, Project
from generator.sources import Source, WrongUsage
from generator.tree import File


class Behind(ScaffoldError):
    """The project does not follow its blueprint yet."""


class Interrupted(ScaffoldError):
    """A run that was interrupted has to be finished first."""


class Known(WrongUsage):
    """The project has the domain already."""


class Settled(NamedTuple):
    """A project that no run is at work in, and what was done to have it so."""

    root: Path
    said: str


def settled(start: Path, write: bool) -> Settled:
    """The project that a folder lies in, what an interrupted run left being finished.

    Where nothing may be written such a run is only told of.
    """
    root = project.find(start)
    if write:
        return Settled(root, str(journal.recover(root)))
    if any((root / mark).exists() for mark in journal.MARKS):
        raise Interrupted(
            "a run was interrupted here; `scaffold sync` finishes what it had begun"
        )
    return Settled(root, "")


def uncommitted(root: Path, plan: Plan) -> list[PurePosixPath]:
    """The files that a run merges and git cannot give back as they are now."""
    merged = {each.path for each in plan.changes if each.is_merge}
    return sorted(merged & git.uncommitted(root)) if merged else []


def sync(root: Path) -> Plan:
    """What makes the project follow its blueprint."""
    return followed(project.load(root))


def followed(known: Project) -> Plan:
    """What makes a project that was read follow its blueprint."""
    texts = known.sources()
    now = known.digested(contents(texts))
    if known.digests == now:
        return _standing(known, now)
    # Most runs find nothing new, and need none of what understands a blueprint.
    from generator import frozen, pipeline, render
    from generator.renames import renames

    report = Report()
    documents = pipeline.read(texts, report)
    locks = pipeline.released(pipeline.read(known.locks(), report), report)
    only = _changed(known.digests, now)
    service = pipeline.understand(documents, report, locks, only)
    tree = pipeline.printed(service, render.printed, locks, only)
    tree |= frozen.migrations(known, pipeline.wanted(locks, only))
    if only is None:
        tree |= pipeline.language()
    domains = {domain.name for domain in service.domains}
    gone = known.domains - domains
    may_differ = None if only is None else only | gone
    following = Following(known, tree, renames(service), may_differ)
    planned = _planned(following, listed(known, domains, gone), now)
    newer = _newer(known.digests, now)
    return replace(planned, warnings=report.warnings, newer=newer)


def _standing(known: Project, now: Mapping[str, str]) -> Plan:
    """How a project stands of which nothing would be generated in another way."""
    same = {p: File(text, kind=kind_of(str(p))) for p, text in known.base.items()}
    lists = listed(known, known.domains, ())
    return _planned(Following(known, same, {}), lists, now)


def _changed(
    before: Mapping[str, str], now: Mapping[str, str]
) -> frozenset[str] | None:
    """The domains that may look different from before; None if all of them may."""
    if before.get(GENERATOR) != now[GENERATOR] or UNCLEAR in now:
        return None
    domains = now.keys() - {GENERATOR, WHOLE}
    return frozenset(name for name in domains if before.get(name) != now[name])


def _newer(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What is another one than it was: the blueprint, scaffold, or both."""
    if GENERATOR not in before:
        return "the blueprint or scaffold is newer"
    if before[GENERATOR] == now[GENERATOR]:
        return "the blueprint is newer"
    if {**before, GENERATOR: now[GENERATOR]} == now:
        return "scaffold is newer"
    return "the blueprint and scaffold are newer"


def new_domain(root: Path, file: Path) -> Plan:
    """What takes a domain into the project: its files, and a place in every list."""
    from generator import pipeline, render

    known = project.load(root)
    report = Report()
    name, texts = _with(known, file, report)
    documents = pipeline.read(texts, report)
    locks = pipeline.released(pipeline.read(known.locks(), report), report)
    service = pipeline.understand(documents, report, locks, {name})
    tree = pipeline.printed(service, render.printed, locks, {name})
    added = next(index for index, text in enumerate(texts) if text.place == file)
    copy = pipeline.copies([texts[added]], [documents[added]])
    following = Following(known, tree | copy, {}, frozenset({name}))
    domains = {domain.name for domain in service.domains}
    copied = {p.name: known.read(p) or f.text.encode() for p, f in copy.items()}
    now = known.digested({**contents(texts), **copied})
    planned = _planned(following, listed(known, domains, ()), now)
    own = tuple(each for each in report.warnings if each.span.file == str(file))
    return replace(planned, warnings=own)


def _with(known: Project, file: Path, report: Report) -> tuple[str, list[Source]]:
    """The domain that a file describes, and the blueprint with it."""
    if file.is_dir() or not file.exists():
        raise WrongUsage(f"{file} is no file; name the blueprint of one domain")
    inside = (known.root / BLUEPRINTS).resolve()
    texts = [each for each in known.sources() if not _is(each.place, file)]
    from generator import document

    data = document.read(file, str(file), Report()).data
    name = str(data.get("domain")) if isinstance(data, dict) else file.stem
    if isinstance(data, dict) and "service" in data:
        raise WrongUsage(f"{file} is a service; name the blueprint of one domain")
    if name in known.domains or any(each.name == f"{name}.yaml" for each in texts):
        raise Known(
            f"the project has the domain {name} already;"
            f" edit {BLUEPRINTS}/{name}.yaml, and let `scaffold sync` follow"
        )
    now = known.digested(contents(texts))
    if known.digests != now or _standing(known, now).drift:
        raise Behind(
            "the project does not follow its blueprint as it is now, or was made by"
            " another version of scaffold: `scaffold sync` first"
        )
    called = file.name if file.resolve().parent == inside else f"{name}.yaml"
    service, *domains = texts
    domains.append(Source(str(file), file, called))
    return name, [service, *sorted(domains, key=lambda each: each.name)]


def _is(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _planned(
    following: Following, lists: Iterable[Change], now: Mapping[str, str]
) -> Plan:
    """The whole plan: the files, the lists, and what is kept for the next run."""
    known = following.project
    changes = following.changes()
    base = archive.dump(following.base_after(changes))
    texts = {BASE: base, DIGEST: written(_followed(known, changes, now))}
    told = unresolved(known, (*changes, *lists), following.standing)
    return Plan((*told, *(_kept(known, p, t) for p, t in texts.items())))


def _followed(
    known: Project, changes: Iterable[Change], now: Mapping[str, str]
) -> Mapping[str, str]:
    """The words to be kept: none of a domain that is to be generated once more.

    That is one in which something has to wait for a person.
    """
    waiting = {
        owner_of(str(each.lost.path if each.lost else each.path))
        for each in changes
        if each.state in (State.MARKERS, State.MOVED)
    }
    if known.digests == now or not waiting:
        return now
    named = {name: word for name, word in now.items() if name not in waiting}
    return named if waiting <= now.keys() else {}


def _kept(known: Project, path: PurePosixPath, text: str) -> Change:
    """What scaffold itself keeps in the project."""
    before, after = known.read(path), text.encode()
    return Change(
        "keep", path, "as generated", State.IN_STEP, before, after, quiet=True
    )
