"""Types, enums, value objects and fields: from text to printed annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from generator import model, names, prose
from generator.diagnostics import TextError
from generator.document import Document
from generator.expressions import Binding
from generator.literals import LiteralError, literal
from generator.names import Kind
from generator.shapes import CustomRuleShape, FieldShape, ValueObjectShape
from generator.site import Site
from generator.type_text import parse_type
from generator.types import Parameter, Type, annotation


def resolve_field(
    shape: FieldShape, kind: Kind, site: Site, *, constrained: bool
) -> model.Field | None:
    """One field: its type, default and annotation; None when its type is unknown."""
    site.check_name(kind)
    name = str(site.path[-1])
    site.at("was").check_former_names(shape.was, kind)
    at_type = site.at("type") if site.written("type") else site
    try:
        parsed = parse_type(shape.type, site.view.lookup, site.view.known_names)
    except TextError as mistake:
        site.view.report_text(mistake, site.document, at_type.path)
        site.view.symbols.broken.add(name)
        return None
    default = ""
    if shape.default is not None:
        default = _literal(
            parsed.type, shape.default, site.document, site.at("default")
        )
    elif parsed.default is not None:
        default = _literal(parsed.type, parsed.default.data, parsed.default, at_type)
    return model.Field(
        name=name,
        type=parsed.type,
        annotation=annotation(
            parsed.type, constrained=constrained, naming=site.view.naming
        ),
        origin=site.origin,
        default=default,
        summary=shape.summary,
        example=shape.example,
        secret=shape.secret,
        was=tuple(shape.was),
    )


def _literal(kind: Type, data: object, document: Document, site: Site) -> str:
    """The printed default, or nothing after a report."""
    start = site.path if document is site.document else ()
    try:
        return literal(
            kind, data, site.view, lambda path: document.quoted((*start, *path))
        )
    except LiteralError as mistakes:
        for problem in mistakes.problems:
            site.at(*problem.path).error(problem.code, problem.message, problem.hint)
        return ""


def resolve_fields(
    shapes: Mapping[str, FieldShape], kind: Kind, site: Site, *, constrained: bool
) -> tuple[model.Field, ...]:
    """The fields below a mapping, required ones and optional ones in written order."""
    found = (
        resolve_field(shape, kind, site.at(name), constrained=constrained)
        for name, shape in shapes.items()
    )
    return tuple(field for field in found if field is not None)


def resolve_enum(name: str, members: list[str], site: Site) -> model.Enum:
    """A closed list of words."""
    site.check_name("type")
    if not members:
        site.key_error("B100", f'the enum "{name}" has no members')
    for index, member in enumerate(members):
        if problem := names.name_problem(member, "member"):
            site.at(index).error(*problem)
            site.report.misnamed(member)
        elif member in members[:index]:
            site.at(index).error("B113", f'"{member}" is in this enum already')
        elif same := names.same_constant(member, members[:index]):
            site.at(index).error(
                "B113",
                f'"{member}" and "{same}" are both {names.constant(member)} in '
                "generated code",
            )
    return model.Enum(
        name=name,
        title=names.title(name),
        members=tuple(model.Member(names.constant(m), m) for m in members),
        origin=site.origin,
    )


def resolve_alias(name: str, shape: FieldShape, site: Site) -> model.Alias | None:
    """A named type: its annotation is what the name stands for."""
    site.check_name("type")
    kind = site.view.lookup(name)
    if kind is None:
        return None
    return model.Alias(
        name=name,
        annotation=annotation(
            replace(kind, alias=""), constrained=True, naming=site.view.naming
        ),
        summary=prose.sentence(shape.summary),
        type=kind,
    )


class ValueObjects:
    """Resolves the value objects of all modules, each when somebody asks for it."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self._sites = sites
        self._found: dict[str, model.ValueObject] = {}
        self._under_way: list[str] = []

    def declare(self) -> None:
        """Read the fields of every value object; computed values come after."""
        for module, site in self._sites.items():
            declared = site.view.symbols.modules[module].shape.value_objects
            for name, shape in declared.items():
                self._declare(f"{module}.{name}", shape, site.at("value_objects", name))

    def _declare(self, qualified: str, shape: ValueObjectShape, site: Site) -> None:
        site.check_name("type")
        fields = resolve_fields(
            shape.fields, "field", site.at("fields"), constrained=True
        )
        symbols = site.view.symbols
        symbols.parameters[qualified] = {
            field.name: Parameter(field.type, field.required) for field in fields
        }
        symbols.readable[qualified] = {field.name: field.type for field in fields}
        self._found[qualified] = model.ValueObject(
            name=str(site.path[-1]),
            summary=prose.sentence(shape.summary or names.title(str(site.path[-1]))),
            fields=fields,
            rules=(),
            computed=(),
            origin=site.origin,
        )

    def declared(self) -> Mapping[str, model.ValueObject]:
        """All value objects by their qualified names, as far as they are known."""
        return self._found

    def compute(self, qualified: str) -> None:
        """Find the types of a value object's computed values, once."""
        found = self._found.get(qualified)
        if found is None or found.computed or qualified in self._under_way:
            return
        module, _, name = qualified.partition(".")
        site = self._sites[module].at("value_objects", name)
        shape = site.view.symbols.modules[module].shape.value_objects[name]
        if not shape.computed:
            return
        self._under_way.append(qualified)
        readable = dict(site.view.symbols.readable[qualified])
        computed = []
        for key, text in shape.computed.items():
            place = site.at("computed", key)
            place.check_name("field")
            if key in shape.fields:
                place.key_error("B113", f'"{key}" is a field of {name} already')
            scope = place.scope(_self_bindings(readable))
            expression = place.expression(text, scope)
            if expression is None:
                site.view.symbols.broken.add(key)
                continue
            readable[key] = expression.type
            site.view.symbols.readable[qualified] = readable
            computed.append(
                model.Computed(
                    name=key,
                    type=expression.type,
                    annotation=annotation(
                        expression.type, constrained=False, naming=site.view.naming
                    ),
                    code=expression.code,
                )
            )
        self._under_way.pop()
        self._found[qualified] = replace(found, computed=tuple(computed))

    def finish(self, qualified: str) -> model.ValueObject:
        """The value object with its rules, which may read computed values."""
        self.compute(qualified)
        found = self._found[qualified]
        module, _, name = qualified.partition(".")
        site = self._sites[module].at("value_objects", name)
        shape = site.view.symbols.modules[module].shape.value_objects[name]
        rules = []
        scope = site.scope(_self_bindings(site.view.fields(qualified)))
        for index, rule in enumerate(shape.rules):
            place = site.at("rules", index)
            if isinstance(rule, CustomRuleShape):
                place.at("custom").key_error(
                    "B431",
                    "a value object has no custom rules: it holds what its own fields "
                    "can say",
                    "write the rule with `require:`, or give the custom rule to the "
                    "commands that take the value",
                )
                continue
            if rule.error:
                place.at("error").key_error(
                    "B101",
                    "a rule of a value has no error of its own",
                    "say with `message:` what is wrong with the value",
                )
            condition = place.at("require").condition(rule.require, scope)
            text = rule.message or f"{name}: {rule.require} does not hold."
            message = (
                place.at("message").message(text, scope)
                if rule.message
                else prose.string(text)
            )
            if condition is not None:
                scope = scope.knowing(condition.facts)
                rules.append(model.ValueRule(condition.negated, message))
        return replace(found, rules=tuple(rules))


def _self_bindings(fields: Mapping[str, Type]) -> dict[str, Binding]:
    return {name: Binding(kind, f"self.{name}") for name, kind in fields.items()}
