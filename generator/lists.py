"""The lists that every domain stands in: yours, edited entry by entry."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from generator import git, names
from generator import merge as merging
from generator.changes import MARKER, Change, State, created, kept, marked
from generator.interrupts import checkpoint
from generator.own_style import OwnStyle
from generator.places import templates
from generator.press import SUFFIX, Press
from generator.project import Project
from generator.register import Entry, NotRegistered, register, unregister, unregistered
from generator.style import polish
from generator.tree import File, Tree

REGISTRY = PurePosixPath("app/domain_registry.py")
ROUTERS = PurePosixPath("app/api/__init__.py")


def entry(path: PurePosixPath, domain: str) -> Entry:
    """How a domain stands in one of the lists."""
    if path == REGISTRY:
        module, name = f"app.{domain}.registration", f"{names.constant(domain)}_DOMAIN"
        return Entry(module, name, list_name="DOMAINS")
    return Entry("app.api.routers", domain, "router", list_name="ROUTERS")


def listed(
    project: Project, domains: Collection[str], gone: Collection[str]
) -> Iterator[Change]:
    """Every domain put into each list, and those that are gone taken out."""
    checkpoint("register")
    for path in (REGISTRY, ROUTERS):
        content = project.read(path)
        if content is None:
            file = File(_fresh(path, domains))
            restored = created(path, file, "was missing")
            yield replace(restored, verb="restore", state=State.MISSING)
            continue
        text = _settled(project, path, content)
        if text is None:
            yield marked(path, content)
            continue
        for each in _edited(path, content, text, sorted(domains), sorted(gone)):
            yield _styled(each, OwnStyle(project))


def _fresh(path: PurePosixPath, domains: Collection[str]) -> str:
    """The list as a new project has it."""
    named = [
        {"module": name, "constant": entry(REGISTRY, name).name}
        for name in sorted(domains)
    ]
    printed = Press(templates("service")).text(f"{path}{SUFFIX}", {"domains": named})
    tree = Tree([(path, File(printed))])
    return polish(tree)[path].text


def _settled(project: Project, path: PurePosixPath, content: bytes) -> str | None:
    """The list as text, what git left in conflict settled; None if it cannot be."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    if not MARKER.search(content):
        return text
    stages = git.unmerged(project.root).get(path)
    if stages is None:
        return None
    both = merging.merge(path, stages.base, stages.ours, stages.theirs)
    return None if both.conflicts or both.beside is not None else both.text


def _edited(
    path: PurePosixPath,
    content: bytes,
    text: str,
    domains: Collection[str],
    gone: Collection[str],
) -> Iterator[Change]:
    stays = kept(path, content, State.IN_STEP)
    edits: list[str] = []
    for domain in gone:
        try:
            without = unregister(text, entry(path, domain))
        except NotRegistered as refusal:
            reason = f"{domain} cannot be taken out: {refusal.reason}"
            yield _refused(stays, reason, refusal.lines)
            continue
        if without != text:
            text = without
            edits.append(f"without {domain}")
    entries = {entry(path, domain): domain for domain in domains}
    for wanted in unregistered(text, list(entries)):
        try:
            text = register(text, wanted)
            edits.append(f"with {entries[wanted]}")
        except NotRegistered as refusal:
            yield _refused(stays, refusal.reason, refusal.lines)
    after = text.encode()
    if after != content:
        reason = ", ".join(edits) or "branches merged"
        yield replace(
            stays,
            verb="register",
            reason=reason,
            state=State.UNLISTED,
            after=after,
            quiet=False,
        )


def _styled(change: Change, style: OwnStyle) -> Change:
    """An edited list in the project's style, if it was in that and that is not ours."""
    if change.before == change.after or not style.differs:
        return change
    before, after = (text.decode() for text in (change.before, change.after) if text)
    if style.formatted({change.path: before})[change.path] != before:
        return change
    tidy = style.formatted({change.path: after})[change.path]
    return replace(change, after=tidy.encode())


def _refused(stays: Change, reason: str, lines: tuple[str, ...]) -> Change:
    return replace(
        stays,
        verb="by hand",
        reason=reason,
        state=State.UNLISTED,
        paste=lines,
        quiet=False,
    )
