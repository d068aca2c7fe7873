"""Calls: of functions, of methods of a text, and of a value object."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from generator.diagnostics import did_you_mean
from generator.expressions import attributes, code, functions
from generator.expressions.code import Code
from generator.expressions.lookup import dotted, is_known
from generator.names import unknown
from generator.types import Type

if TYPE_CHECKING:
    from generator.expressions.compiler import Compiler


def call(compiler: Compiler, node: ast.Call) -> Code:
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            compiler.fail("B302", "a starred argument is not allowed", argument)
    name = dotted(node.func)
    built = compiler.declared.get(name)
    if built is not None and built.kind == "value":
        return _construct(compiler, node, built)
    if isinstance(node.func, ast.Attribute):
        return attributes.call_method(compiler, node, node.func)
    if not isinstance(node.func, ast.Name):
        compiler.fail("B302", "only a function by its name is called", node)
    if name not in functions.FUNCTIONS:
        declared_values = (
            written
            for written, type in compiler.declared.items()
            if type.kind == "value"
        )
        if is_known(compiler, name):
            hint = f"write {name} without parentheses"
        elif name == "timedelta":
            hint = "write days(...), hours(...), minutes(...) or seconds(...)"
        else:
            hint = did_you_mean(name, {*functions.FUNCTIONS, *declared_values})
            hint = hint or f"functions here: {', '.join(functions.FUNCTIONS)}"
        compiler.fail("B303", f'there is no function "{name}"', node, hint)
    if node.keywords:
        message = f"{name}() takes no named arguments"
        compiler.fail("B310", message, node.keywords[0])
    return functions.FUNCTIONS[name](compiler, node, name)


def _construct(compiler: Compiler, node: ast.Call, type: Type) -> Code:
    parameters = compiler.scope.shapes.parameters(type.name)
    if node.args:
        form = ", ".join(f"{name}=..." for name in parameters)
        message = f"{type} takes its fields by name"
        compiler.fail("B310", message, node.args[0], f"write {type}({form})")
    arguments = []
    for each in node.keywords:
        if each.arg is None:
            compiler.fail("B302", "a starred argument is not allowed", each)
        if each.arg not in parameters:
            hint = unknown(each.arg, parameters)
            compiler.fail("B303", f'{type} has no field "{each.arg}"', each, hint)
        value = compiler.check(each.value, parameters[each.arg].type)
        arguments.append(f"{each.arg}={value.text}")
    given = {each.arg for each in node.keywords}
    for name, parameter in parameters.items():
        if parameter.required and name not in given:
            compiler.fail("B310", f'"{name}" of {type} is missing', node)
    return code.call(type, compiler.scope.shapes.naming(type.name), *arguments)
