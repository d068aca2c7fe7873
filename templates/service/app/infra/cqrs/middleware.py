"""What stands around every message: each may look, answer, or try again."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, TypeVar

M = TypeVar("M")
C = TypeVar("C")
R = TypeVar("R")

Step: TypeAlias = Callable[[M, C], Awaitable[R]]
Middleware: TypeAlias = Callable[[M, C, Step[M, C, R]], Awaitable[R]]


def chained(
    middlewares: Sequence[Middleware[M, C, R]], handler: Step[M, C, R]
) -> Step[M, C, R]:
    """The handler with the middlewares around it, the first one outermost."""
    step = handler
    for middleware in reversed(middlewares):
        step = _around(middleware, step)
    return step


def _around(middleware: Middleware[M, C, R], step: Step[M, C, R]) -> Step[M, C, R]:
    async def around(message: M, context: C) -> R:
        return await middleware(message, context, step)

    return around
