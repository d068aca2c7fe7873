"""What each key of the language means, in a sentence for whoever writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_WAS = "Former names, under which it is stored or released."
_SUMMARY = "A sentence for readers of the code, the API and the documentation."

WORDS: Mapping[str, Mapping[str, str]] = {
    "ServiceShape": {
        "service": "The name of the service, in snake_case.",
        "summary": _SUMMARY,
        "timezone": "The zone in which `today` is read, like Europe/Vienna; else UTC.",
        "roles": "Who may be asked for by `access:`: a list of words, or a mapping in "
        "which each may name the aggregate whose id its token's subject is: "
        "`{guest: guest.Guest, staff: }`.",
        "types": "Named types with constraints, seen by every domain.",
        "enums": "Closed lists of words, seen by every domain.",
        "value_objects": "Values of several fields, seen by every domain.",
    },
    "DomainShape": {
        "domain": "The name of the domain, in snake_case. One domain is one file.",
        "summary": _SUMMARY,
        "types": "Named types with constraints: `Money: decimal(decimal_places=2)`.",
        "enums": "Closed lists of words: `Status: [open, returned]`.",
        "value_objects": "Values of several fields with rules of their own.",
        "aggregates": "What decides about commands and remembers events.",
        "read_models": "Tables that events fill and queries read.",
        "queries": "What may be asked of a read model.",
        "policies": "Whenever this event, then this command.",
        "scenarios": "Examples of the behaviour; each becomes a test.",
    },
    "FieldShape": {
        "type": "The type: `str`, `decimal(ge=0)`, `list(date)`, a declared name; "
        "`?` behind it where the value may be missing.",
        "default": "What the field holds where nothing is given.",
        "summary": _SUMMARY,
        "example": "A value for tests and documentation.",
        "was": _WAS,
        "secret": "Used by rules and then forgotten: no event, row or log holds it.",
    },
    "RuleShape": {
        "require": "The condition that must hold.",
        "error": "The name of the refusal; else RuleViolated.",
        "message": "What the caller is told; `{state.due}` shows a value.",
    },
    "ValueObjectShape": {
        "summary": _SUMMARY,
        "fields": "Its parts.",
        "rules": "What must hold where such a value enters.",
        "computed": "What can be read of it without being stored, as expressions.",
    },
    "EmissionShape": {
        "event": "The event of this aggregate that is recorded.",
        "if": "The condition under which it is recorded.",
        "with": "Fields that do not come by their name, as expressions.",
    },
    "CustomRuleShape": {
        "custom": "The function of custom.py that keeps the rule.",
        "error": "The refusals that it may raise.",
    },
    "CustomEmissionShape": {
        "custom": "The function of custom.py that chooses the events.",
        "events": "The events that it may choose; left out, any of the aggregate.",
        "error": "The refusals that it may raise.",
        "if": "The condition under which it is asked.",
    },
    "CommandShape": {
        "summary": _SUMMARY,
        "creates": "Whether it makes a new aggregate.",
        "fields": "What the caller gives, beside the aggregate's id.",
        "from": "The states of the lifecycle in which it is accepted.",
        "access": "Who may send it: roles, owner(field), or `public` or `internal`; "
        "left out, whoever is logged in.",
        "rules": "What must hold, in order.",
        "emits": "The events that it records.",
    },
    "EventShape": {
        "summary": _SUMMARY,
        "to": "The state of the lifecycle that it leads to.",
        "set": "State fields that do not come by their name, as expressions.",
        "sync": "Why its row is written in the transaction of its command; left out, "
        "it follows a moment later.",
        "fields": "What it carries, beside the aggregate's id.",
        "was": _WAS,
        "version": "Which form of the event this is; else the first.",
        "upcasts": "How each earlier version is read as the next one.",
    },
    "UpcastShape": {
        "from": "Fields that the earlier version had otherwise.",
        "set": "Fields of the next version, as expressions over the earlier one.",
    },
    "UniqueShape": {
        "of": "The parts of the key; `each` before a list gives a key an element.",
        "while": "The states in which the key is held; left out, always.",
        "error": "The name of the refusal where another one holds it.",
    },
    "AggregateShape": {
        "summary": _SUMMARY,
        "was": _WAS,
        "state": "What its rules must remember.",
        "lifecycle": "The state field, an enum, that is its state machine.",
        "unique": "Keys that one aggregate at a time may hold.",
        "commands": "What may be asked of it.",
        "events": "What can happen to it.",
    },
    "ActionShape": {
        "insert": "Make the row; columns that do not come by their name.",
        "update": "Change the row where it is.",
        "upsert": "Make the row, or change it where it is.",
        "delete": "End the row.",
        "where": "Which rows an event of another stream tells of: {column: field}.",
        "for_each": "A list of the event and a name, like `lines as line`: one child "
        "row for each element.",
    },
    "ReadModelShape": {
        "summary": _SUMMARY,
        "key": "The id of the aggregate whose stream makes a row; for child rows, a "
        "list of it and what tells them apart.",
        "columns": "What a row holds.",
        "indexes": "Lists of columns by which rows are found fast.",
        "on": "Events, and what each does to a row.",
    },
    "FilterShape": {
        "name": "The argument of the caller; `?` behind it where it may be left out.",
        "column": "The column that is compared; else the one of the same name.",
        "op": "How it is compared; else `=`.",
        "optional": "Whether the caller may leave it out.",
    },
    "QueryShape": {
        "summary": _SUMMARY,
        "from": "The read model that it reads.",
        "by": "The key of the one row that is asked for.",
        "where": "A condition that always holds, over columns.",
        "filter": "Conditions that the caller may set.",
        "sort": "Orders to choose from; the first is the default, `-` is descending.",
        "page": "How many rows a page has, if the caller does not say.",
        "group_by": "The columns whose values make the groups of `measures:`.",
        "measures": "What is counted or added up: count(), sum(x), avg, min, max.",
        "cache": "For how long an answer may be kept, like 30s.",
        "access": "Who may ask: roles, owner(column), or `public` or `internal`; left "
        "out, whoever is logged in.",
    },
    "PolicyShape": {
        "summary": _SUMMARY,
        "on": "The event: of this domain, or domain.Event.",
        "send": "The command: of this domain, or domain.Command.",
        "with": "Fields that do not come by their name, as expressions.",
        "if": "The condition under which the command is sent.",
        "at": "The moment before which it is not sent.",
    },
    "ScenarioShape": {
        "name": "What is shown, in a few words; the name of the test.",
        "given": "The events that have happened.",
        "when": "The command that somebody sends.",
        "then": "The events that follow, the name of a refusal, or [].",
        "now": "The moment at which it is sent.",
        "as": "Who sends it: a role, or role(name); left out, the service itself.",
    },
}


def meaning(key: str, beside: Iterable[str]) -> str:
    """What a key is for, as the part of the blueprint has it that others name too."""
    others = set(beside)
    parts = [words for words in WORDS.values() if key in words]
    part = max(parts, key=lambda words: len(others & words.keys()), default={})
    return f"`{key}:` {words[0].lower()}{words[1:]}" if (words := part.get(key)) else ""
