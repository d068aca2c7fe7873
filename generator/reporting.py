"""Findings in the formats that people, editors and build servers read.

Each format is a function from the findings, and the lines of their files, to a text.
`docs/reference/formats.md` says what each is for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from generator import __version__
from generator.diagnostics import Diagnostic, Sources, Span, show, visible
from generator.formats import Format

Formatter = Callable[[Sequence[Diagnostic], Sources], str]

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# What XML 1.0 cannot hold, and `visible` leaves as it is.
_NOT_XML = re.compile("[\ufffe\uffff]")


def written(diagnostics: Sequence[Diagnostic], sources: Sources, format: Format) -> str:
    """The findings in a format; no findings are an empty text or a document of none."""
    return _FORMATTERS[format](diagnostics, sources)


def _as_text(diagnostics: Sequence[Diagnostic], sources: Sources) -> str:
    return "\n".join(show(each, sources) for each in diagnostics)


def _as_json(diagnostics: Sequence[Diagnostic], sources: Sources) -> str:
    return _document(
        {
            "version": 1,
            "errors": sum(each.severity == "error" for each in diagnostics),
            "warnings": sum(each.severity == "warning" for each in diagnostics),
            "diagnostics": [
                {
                    "code": each.code,
                    "severity": each.severity,
                    "message": each.message,
                    "hint": each.hint,
                    **_place(each.span),
                    "also": [
                        {"message": note, **_place(span)} for span, note in each.also
                    ],
                }
                for each in diagnostics
            ],
        }
    )


def _place(span: Span) -> dict[str, object]:
    """A place; its end is missing where it is not known."""
    end = {"end_column": span.end_column} if span.end_column else {}
    return {"file": span.file, "line": span.line, "column": span.column, **end}


def _as_github(diagnostics: Sequence[Diagnostic], sources: Sources) -> str:
    return "\n".join(_workflow_command(each) for each in diagnostics)


def _workflow_command(each: Diagnostic) -> str:
    """A workflow command of GitHub Actions, which becomes a note beside the line."""
    span = each.span
    properties = {
        "file": span.file,
        "line": str(span.line),
        "col": str(span.column),
        **({"endColumn": str(span.end_column - 1)} if span.end_column else {}),
        "title": f"scaffold {each.code}",
    }
    listed = ",".join(f"{key}={_property(text)}" for key, text in properties.items())
    told = "\n".join(_lines(each))
    return f"::{each.severity} {listed}::{_data(told)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")


def _lines(each: Diagnostic) -> Iterator[str]:
    """Message, way out, and the other places, a line each."""
    yield visible(each.message)
    if each.hint:
        yield visible(each.hint)
    for span, note in each.also:
        yield f"{visible(str(span))}: {visible(note)}"


def _as_sarif(diagnostics: Sequence[Diagnostic], sources: Sources) -> str:
    codes = sorted({each.code for each in diagnostics})
    driver = {
        "name": "scaffold",
        "version": __version__,
        "rules": [_rule(code) for code in codes],
    }
    results = [
        {
            "ruleId": each.code,
            "ruleIndex": codes.index(each.code),
            "level": each.severity,
            "message": {"text": "\n".join(filter(None, (each.message, each.hint)))},
            "locations": [_location(each.span)],
            "relatedLocations": [
                {"id": index, "message": {"text": note}, **_location(span)}
                for index, (span, note) in enumerate(each.also, 1)
            ],
        }
        for each in diagnostics
    ]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return _document({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> dict[str, object]:
    from generator.catalogue import CATALOGUE

    meaning = CATALOGUE.get(code, code)
    help = f"`scaffold explain {code}` shows an example and the way out."
    return {
        "id": code,
        "shortDescription": {"text": meaning},
        "help": {"text": help.replace("`", ""), "markdown": help},
    }


def _location(span: Span) -> dict[str, object]:
    region = {"startLine": span.line, "startColumn": span.column}
    if span.end_column:
        region |= {"endLine": span.line, "endColumn": span.end_column}
    artifact = {"uri": _uri(span.file)}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _uri(file: str) -> str:
    place = Path(file)
    return place.as_uri() if place.is_absolute() else quote(place.as_posix())


def _as_junit(diagnostics: Sequence[Diagnostic], sources: Sources) -> str:
    """A suite a file, a case a finding; a file without any is one case that passes."""
    found: dict[str, list[Diagnostic]] = {file: [] for file in sources}
    for each in diagnostics:
        found.setdefault(each.span.file, []).append(each)
    cases = sum(max(len(own), 1) for own in found.values())
    root = ElementTree.Element("testsuites", _counts("scaffold", diagnostics, cases))
    for file, own in found.items():
        counts = _counts(file, own, max(len(own), 1))
        suite = ElementTree.SubElement(root, "testsuite", counts)
        for each in own:
            _case(suite, each)
        if not own:
            sound = {"name": "sound", "classname": _xml(file)}
            ElementTree.SubElement(suite, "testcase", sound)
    ElementTree.indent(root)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return head + ElementTree.tostring(root, encoding="unicode")


def _counts(name: str, diagnostics: Sequence[Diagnostic], cases: int) -> dict[str, str]:
    failures = sum(each.severity == "error" for each in diagnostics)
    return {
        "name": _xml(name),
        "tests": str(cases),
        "failures": str(failures),
        "errors": "0",
    }


def _case(suite: ElementTree.Element, each: Diagnostic) -> None:
    span = each.span
    name = f"{each.code} {span.line}:{span.column}"
    at = {"name": name, "classname": _xml(span.file)}
    case = ElementTree.SubElement(suite, "testcase", at)
    told = _xml("\n".join([f"{visible(str(span))}:", *_lines(each)]))
    if each.severity == "error":
        what = {"type": each.code, "message": _xml(each.message)}
        ElementTree.SubElement(case, "failure", what).text = told
    else:
        ElementTree.SubElement(case, "system-out").text = f"warning: {told}"


def _xml(text: str) -> str:
    """The text with what XML cannot hold, or would not keep, written as escapes."""
    kept = "\n".join(visible(line) for line in text.split("\n"))
    return _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", kept)


def _document(data: Mapping[str, Any]) -> str:
    return json.dumps(_whole(data), indent=2)


def _whole(data: Any) -> Any:
    """The data without halves of characters, as names of files may hold them."""
    match data:
        case str():
            return data.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {key: _whole(each) for key, each in data.items()}
        case list():
            return [_whole(each) for each in data]
    return data


_FORMATTERS: Mapping[Format, Formatter] = {
    Format.TEXT: _as_text,
    Format.JSON: _as_json,
    Format.GITHUB: _as_github,
    Format.SARIF: _as_sarif,
    Format.JUNIT: _as_junit,
}
