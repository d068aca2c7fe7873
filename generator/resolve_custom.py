"""Custom code: which functions a blueprint leaves to be written, and for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from generator import model, names
from generator.shapes import (
    AggregateShape,
    CommandShape,
    CustomEmissionShape,
    CustomRuleShape,
)
from generator.site import Site

if TYPE_CHECKING:
    from generator.frame import Frame

CODES = {
    "B430": "A custom function is used in two ways that one function cannot serve.",
    "B431": "Custom code stands where no command decides.",
}

RULE_VIOLATED = ("RuleViolated",)


@dataclass(frozen=True, slots=True)
class _Use:
    """One place that names a custom function; a rule has no events."""

    function: str
    command: str
    creates: bool
    events: Sequence[str] | None
    errors: Sequence[str]
    site: Site


def custom_functions(
    aggregate: str, shape: AggregateShape, site: Site
) -> Mapping[str, model.CustomFunction]:
    """The functions that the commands of one aggregate name, in that order."""
    uses: dict[str, list[_Use]] = {}
    for use in _uses(shape, site):
        same = uses.setdefault(use.function, [])
        if same:
            _must_agree(same[0], use)
        elif problem := names.name_problem(use.function, "function"):
            use.site.error(*problem)
        same.append(use)
    return {name: _function(aggregate, shape, found) for name, found in uses.items()}


def refuse_shared(aggregates: Sequence[model.Aggregate], site: Site) -> None:
    """Report a function that two aggregates of a domain name: they share no state."""
    first: dict[str, model.CustomFunction] = {}
    for each in chain.from_iterable(found.custom for found in aggregates):
        other = first.setdefault(each.name, each)
        if other is not each:
            _report(
                f'"{each.name}" decides for {other.aggregate} already',
                "give each aggregate its own function; they may share another one",
                site.at(*each.origins[0].path),
                site.at(*other.origins[0].path),
            )


def custom_rule(
    rule: CustomRuleShape, command: CommandShape, frame: Frame
) -> model.CustomRule:
    """A rule of a command, kept by hand."""
    function = frame.custom[rule.custom]
    errors = tuple(rule.errors) or RULE_VIOLATED
    arguments = function.arguments(creates=command.creates)
    return model.CustomRule(rule.custom, arguments, errors)


def custom_emission(
    emission: CustomEmissionShape, condition: str, command: CommandShape, frame: Frame
) -> model.CustomEmission:
    """An emission of a command, chosen by hand."""
    return model.CustomEmission(
        function=emission.custom,
        arguments=frame.custom[emission.custom].arguments(creates=command.creates),
        condition=condition,
        events=tuple(emission.possible(frame.shape.events)),
        errors=tuple(emission.errors),
    )


def _uses(shape: AggregateShape, site: Site) -> Iterator[_Use]:
    for name, command in shape.commands.items():
        home = site.at("commands", name)
        for index, rule in enumerate(command.rules):
            if isinstance(rule, CustomRuleShape):
                place = home.at("rules", index)
                _check_errors(rule.errors, place)
                if rule in command.rules[:index]:
                    place.error("B116", f'"{rule.custom}" is in this list already')
                yield _Use(
                    rule.custom,
                    name,
                    command.creates,
                    None,
                    rule.errors or RULE_VIOLATED,
                    place.at("custom"),
                )
        for emission in command.emits:
            if isinstance(emission, CustomEmissionShape):
                place = home.at("emits", *emission.place)
                _check_errors(emission.errors, place)
                yield _Use(
                    emission.custom,
                    name,
                    command.creates,
                    emission.possible(shape.events),
                    emission.errors,
                    place.at("custom"),
                )


def _check_errors(errors: Sequence[str], site: Site) -> None:
    site.at("error").refuse_twice(errors)
    for index, error in enumerate(errors):
        if problem := names.name_problem(error, "type"):
            site.at("error", index).error(*problem)


def _must_agree(first: _Use, other: _Use) -> None:
    if (first.events is None) != (other.events is None):
        _report(
            f'"{other.function}" is a rule and gives events',
            "a rule returns nothing; name two functions",
            other.site,
            first.site,
        )
    elif set(first.events or ()) != set(other.events or ()):
        _report(
            f'"{other.function}" gives other events for {first.command}',
            "list the same `events:` in both places, or name two functions",
            other.site,
            first.site,
        )


def _report(message: str, hint: str, place: Site, other: Site) -> None:
    also = [(other.span, "the other place")]
    place.report.error("B430", place.span, message, hint, also)


def _function(
    aggregate: str, shape: AggregateShape, uses: Sequence[_Use]
) -> model.CustomFunction:
    events = tuple(uses[0].events or ())
    errors = tuple(dict.fromkeys(error for use in uses for error in use.errors))
    return model.CustomFunction(
        name=uses[0].function,
        summary=_summary(aggregate, shape, events, errors),
        aggregate=aggregate,
        state=_state(aggregate, {use.creates for use in uses}),
        commands=tuple(dict.fromkeys(use.command for use in uses)),
        returned=(f"{aggregate}Event",) if _are_all(events, shape) else events,
        origins=tuple(use.site.origin for use in uses),
    )


def _state(aggregate: str, creates: set[bool]) -> str:
    """What a function is told of the aggregate; a command that creates finds none."""
    if creates == {True}:
        return ""
    return f"{aggregate}State | None" if True in creates else f"{aggregate}State"


def _are_all(events: Sequence[str], shape: AggregateShape) -> bool:
    """Whether these are the events of the aggregate, which have a name together."""
    return len(events) > 1 and len(events) == len(shape.events)


def _summary(
    aggregate: str,
    shape: AggregateShape,
    events: Sequence[str],
    errors: Sequence[str],
) -> str:
    refusing = f"refuse with {' or '.join(errors)}" if errors else ""
    if not events:
        return f"Let it pass, or {refusing}."
    listed = ", ".join(events)
    if _are_all(events, shape):
        listed = f"any events of {aggregate}"
    said = f"Say what happens, in order: {listed}"
    return f"{said}; or {refusing}." if refusing else f"{said}."
