"""What became of commands and queries, for whoever calls them as they were released."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from generator.compatibility import problems
from generator.lock import Call, Lock
from generator.schemas import Schema

CODES = {
    "B831": "A command or query that others call is gone.",
    "B832": "A command or query has another route.",
    "B833": "Not all who could call a command or query may still do so.",
    "B834": "A command or query no longer takes what it took.",
    "B835": "A query answers in another way.",
    "B836": "A command refuses with another code, or no longer with one it had.",
    "B841": "A command or query that only code calls is gone, or is another.",
}

_CONSTRAINTS = re.compile(r" ?\((?:\w+=(?:'[^']*'|\"[^\"]*\"|[^()\s]+) ?)+\)")
_KEEP = "keep it, and add another one beside it, until nobody calls it any more"
_CODES = "callers tell refusals apart by `code`: keep the name, or tell them first"
_CODE = "type checking shows the places: mypy, in custom code and in policies"


@dataclass(frozen=True, slots=True)
class Broken:
    """One way in which a call is not what it was."""

    code: str
    name: str
    said: str
    hint: str = _KEEP


def problems_of(before: Lock, now: Lock) -> Iterator[Broken]:
    """Everything that a caller of the release before would notice."""
    for was, known in ((before.commands, now.commands), (before.queries, now.queries)):
        for name, call in was.items():
            found = list(_problems(name, call, known.get(name), before, now))
            if call.route:
                yield from found
            elif found:
                said = found[0].said
                yield Broken("B841", name, f"{said}; only code calls it", _CODE)


def _problems(
    name: str, before: Call, now: Call | None, old: Lock, new: Lock
) -> Iterator[Broken]:
    if now is None:
        yield Broken("B831", name, f"{name} is gone")
        return
    if before.route and not now.route:
        # Whom it was for, what it took and answered is no question any more.
        yield Broken("B831", name, f"{name} is internal now")
        return
    if before.route != now.route:
        said = f"{name} was {before.route}, and is {now.route}"
        yield Broken("B832", name, said)
    if lost := _shut_out(before.access, now.access):
        yield Broken("B833", name, f"{name} is no longer for {lost}")
    yield from _taken(name, before, now, old, new)
    if before.route:
        yield from _refused(name, before, now)
    yield from _answered(name, before, now, old, new)


def _shut_out(before: list[str], now: list[str]) -> str:
    """Who could call it and may not any more; nobody named means every actor."""
    if before == now or "public" in now:
        return ""
    if "public" in before:
        return "everybody"
    if not now:
        return ""
    if not before:
        return "every actor"
    return " and ".join(each for each in before if each not in now)


def _taken(
    name: str, before: Call, now: Call, old: Lock, new: Lock
) -> Iterator[Broken]:
    for field in before.fields:
        if field not in now.fields:
            yield Broken("B834", name, f'{name} takes no "{field}" any more')
    sent = Schema(_plain(before.fields), _all(old.values), old.enums)
    read = Schema(_plain(now.fields), _all(new.values), new.enums)
    for problem in problems(sent, read):
        yield Broken("B834", name, f"{name}: {_said(str(problem))}")
    for field, text in before.fields.items():
        after = now.fields.get(field, text)
        if _bare(after) == _bare(text) and _narrower(text, after):
            yield Broken("B834", name, f'{name}: "{field}" was {text}, and is {after}')


def _refused(name: str, before: Call, now: Call) -> Iterator[Broken]:
    """Callers bear a code that is new; one that is gone they wait for in vain."""
    more = " and ".join(each for each in now.errors if each not in before.errors)
    hint = f"{_CODES}; new: {more}" if more else _CODES
    for error in before.errors:
        if error not in now.errors:
            said = f"{name} no longer refuses with {error}"
            yield Broken("B836", name, said, hint)


def _answered(
    name: str, before: Call, now: Call, old: Lock, new: Lock
) -> Iterator[Broken]:
    if before.answer != now.answer:
        said = f"{name} answered with {before.answer}, and does with {now.answer}"
        yield Broken("B835", name, said)
        return
    rows, known = new.rows.get(now.rows, {}), old.rows.get(before.rows, {})
    shown = Schema(_plain(rows), _all(new.values), new.enums)
    read = Schema(_plain(known), _all(old.values), old.enums)
    for problem in problems(shown, read):
        if not problem.of_enum:
            said = str(problem).replace("was not there", "is gone")
            said = said.replace("could be missing", "may be missing now")
            yield Broken("B835", name, f"{name}: {said.replace(' was ', ' is now ')}")
    for column in known.keys() - rows.keys():
        if known[column].endswith("?"):
            yield Broken("B835", name, f'{name}: "{column}" is gone')


def _said(problem: str) -> str:
    return problem.replace("was not there", "must be sent now").replace(
        "could be missing", "can no longer be left out"
    )


def _narrower(before: str, now: str) -> bool:
    """Whether a value that was admitted may not be any more."""
    had, has = _given(before), _given(now)
    for name, value in has.items():
        if had.get(name) == value or name in ("rounding",):
            continue
        if name not in had:
            return True
        try:
            least = name in ("ge", "gt", "min_length")
            wider = float(value) <= float(had[name])
            if wider != least:
                return True
        except ValueError:
            return True
    return False


def _given(text: str) -> Mapping[str, str]:
    found = _CONSTRAINTS.search(text)
    return dict(re.findall(r"(\w+)=([^\s()]+)", found[0])) if found else {}


def _bare(text: str) -> str:
    return _CONSTRAINTS.sub("", text)


def _plain(fields: Mapping[str, str]) -> Mapping[str, str]:
    return {name: _bare(text) for name, text in fields.items()}


def _all(values: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    return {name: _plain(fields) for name, fields in values.items()}
