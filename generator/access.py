"""Who may send a command or ask a query: `access:` resolved to printed grants."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from generator import model, names
from generator.diagnostics import Path, Report, did_you_mean
from generator.document import Document
from generator.types import Type

CODES = {
    "B401": "An access rule names no role, no field, or mixes what cannot be mixed.",
}

_OWNER = re.compile(r"owner\(\s*([a-z][a-z0-9_]*)\s*\)")


@dataclass(frozen=True, slots=True)
class Access:
    """`grants` is printed; no grants and not internal means any authenticated actor."""

    grants: str = ""
    public: bool = False
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a grant is none, and the way out."""

    said: str
    hint: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What `owner(field)` may name at one place, and how the grant is printed."""

    roles: Sequence[model.Role]
    fields: Mapping[str, Type]
    owner: Callable[[str, str], str]


def resolve_access(
    written: Sequence[str] | None,
    gate: Gate,
    document: Document,
    path: Path,
    report: Report,
) -> Access:
    """Read `access: [staff, owner(guest_id)]`; mistakes go to the report."""
    if written is None:
        if document.known(path) != path:
            return Access()
        written = ()
    if "internal" in written:
        if len(written) > 1:
            report.error(
                "B401",
                document.span(path),
                "`internal` stands alone: no one outside may use it",
            )
        return Access(internal=True)
    if not written:
        report.error(
            "B401",
            document.span(path),
            "`access:` names nobody",
            "leave it out for whoever is logged in, or write `internal` or `public`",
        )
        return Access()
    if "public" in written:
        if len(written) > 1:
            report.error(
                "B401",
                document.span(path),
                "`public` stands alone: it lets everybody in",
                "leave out the others, or `public`",
            )
        return Access(public=True)
    grants = []
    for index, grant in enumerate(written):
        place = path if index == 0 and len(written) == 1 else (*path, index)
        printed = _grant(grant, gate)
        if isinstance(printed, Problem):
            report.seen_again("B401", document.span(place), printed.said, printed.hint)
        else:
            grants.append(printed)
    return Access(grants=", ".join(grants))


def _grant(grant: str, gate: Gate) -> str | Problem:
    """A grant as it is printed, or why it is none."""
    owner = _OWNER.fullmatch(grant.strip())
    owned = [name for name, each in gate.fields.items() if each.kind == "ref"]
    if not owner:
        for role in gate.roles:
            if role.name == grant:
                return f"Role.{role.constant}"
        known = [role.name for role in gate.roles]
        hint = did_you_mean(grant, [*known, "public", "internal"])
        if grant == "owner" and owned:
            hint = f"say whose: owner({owned[0]})"
        hint = hint or f"add it to `roles:` of the service{_or_one_of(known)}"
        return Problem(f'"{grant}" is not a role of this service', hint)
    field = owner.group(1)
    kind = gate.fields.get(field)
    if kind is None:
        said = f'owner() names "{field}", which is not a field here'
        return Problem(said, names.unknown(field, owned))
    if kind.kind != "ref":
        said = f'owner({field}) needs a reference to an aggregate, not "{kind}"'
        return Problem(said, names.unknown(field, owned))
    for role in gate.roles:
        if role.entity == kind.name:
            return gate.owner(role.constant, field)
    word = names.snake(kind.name.partition(".")[2])
    return Problem(
        f"owner({field}) is a {kind.name}, and nobody's token is one: no role of the "
        "service stands for that aggregate",
        f"in service.yaml, write `roles: {{{word}: {kind.name}}}`",
    )


def _or_one_of(roles: Sequence[str]) -> str:
    return f", or write one of {', '.join(roles)}" if roles else ""


def http_verb(name: str, aggregate: str) -> str:
    """The words of a command or query without those of its aggregate, for a path.

    >>> http_verb("CancelReservation", "Reservation")
    'cancel'
    >>> http_verb("CheckIn", "Reservation")
    'check-in'
    """
    own = names.kebab(aggregate).split("-")
    words = [
        word
        for word in names.kebab(name).split("-")
        if word not in own
        and word not in names.plural(names.snake(aggregate)).split("_")
    ]
    return "-".join(words) or names.kebab(name)
