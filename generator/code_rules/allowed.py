"""Lines that may break a rule, for a reason that they give."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from generator.code_rules.module import Module
from generator.diagnostics import Diagnostic

_MARK = re.compile(
    r"#\s*scaffold:\s*allow\s+(?P<codes>L\d\d(?:\s*,\s*L\d\d)*)(?P<reason>.*)"
)
_NEEDED = "what allows it gives no reason: `# scaffold: allow {code} why`"


def unless_allowed(module: Module, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The findings whose lines do not allow them."""
    reasons: Mapping[tuple[int, str], str] | None = None
    for each in found:
        reasons = _allowed(module.text) if reasons is None else reasons
        reason = reasons.get((each.span.line, each.code))
        if reason is None:
            yield each
        elif not reason:
            yield replace(each, hint=_NEEDED.format(code=each.code))


def _allowed(text: str) -> dict[tuple[int, str], str]:
    """The reason for each line and code; it is empty where none is given."""
    if "scaffold:" not in text:
        return {}
    reasons: dict[tuple[int, str], str] = {}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and (mark := _MARK.search(token.string)):
            reason = mark["reason"].strip(" \t:,.-")
            for code in re.findall(r"L\d\d", mark["codes"]):
                reasons[token.start[0], code] = reason
    return reasons
