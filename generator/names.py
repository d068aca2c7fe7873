"""Names: their forms in Python, and which names generated code can bear."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable
from functools import cache
from typing import Literal

import inflection

from generator.diagnostics import did_you_mean

Kind = Literal[
    "type",
    "field",
    "event field",
    "column",
    "filter",
    "member",
    "domain",
    "local",
    "function",
]

CODES = {
    "B110": "A name is not written the way its kind is written, or is too long.",
    "B111": "A name is a word of Python or of the blueprint language.",
    "B112": "A name is already used by the generated code around it.",
}

LONGEST = 50
PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*")
SNAKE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
UPPER = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+[a-z0-9]*")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


LANGUAGE = _set("true false null now today")
SCOPES = _set("self cls command context state event row")
PRINTED_LOCALS = _set(
    "envelope actor query request rows replace quantize bounded saturating old into"
)
FUNCTIONS = _set(
    "len sum min max any all round abs sorted unique range first new_id"
    " days hours minutes seconds"
)
# A field named like a type hides that type from the fields below it.
ANNOTATIONS = _set(
    "str int float bool bytes list dict set tuple frozenset type object date datetime"
    " timedelta field property staticmethod classmethod"
)
PYDANTIC = _set(
    "construct copy dict from_orm json model_computed_fields model_config"
    " model_construct model_copy model_dump model_dump_json model_extra model_fields"
    " model_fields_set model_json_schema model_parametrized_name model_post_init"
    " model_rebuild model_validate model_validate_json model_validate_strings"
    " parse_file parse_obj parse_raw schema schema_json update_forward_refs validate"
)
EVENT_FIELDS = _set("event_type at id actor version schema_version upcasters")
COLUMNS = _set("stream_version live ctid xmin xmax cmin cmax tableoid")
FILTERS = _set("sort limit cursor wait_for")
# Each is a module of every generated service where a domain would have its own.
MODULES = _set(
    "about api app bootstrap common config dev domain_registry health infra kernel main"
    " metrics migrations operations security server service shared spec tests worker"
)
IMPORTED = _set(
    "Accepted Actor Aggregate AlreadyExists Annotated Any APIRouter Ask AsyncClient"
    " BaseModel Body Busy Bytes Callable CannotDecide ChildRows ClassVar Column"
    " Command CommandBus CommandResult ConfigDict Conflict Context CorruptStream"
    " Count Counting DECISIONS Decimal Decisions Depends Domain DomainError Email"
    " Envelope Event EventStore Field Final Folding Forbidden IdempotencyMismatch"
    " InvalidTransition Iterator Json JsonRoute JsonValue Literal Lookup Mapping"
    " Measure NotFound Owner OwnerColumn Page PageOf Path Projection Protocol PublicAsk"
    " PublicSend Query QueryBus Reader ReadModelBehind Repository Request Response"
    " Role Rows RuleViolated Self Send Sequence Streams StrEnum Table Tally TokenFor"
    " UniqueKey Upcaster Url UTC UUID Where"
)


def words(name: str) -> list[str]:
    """The words of a name, lower case; a lone first capital belongs to the next word.

    So `OAuth2Token` is `oauth2 token` and `HTTPServer` is `http server`.
    """
    found = [word.lower() for word in WORD.findall(name)]
    if len(found) > 1 and re.match(r"[A-Z]{2}[a-z]", name):
        found[:2] = [found[0] + found[1]]
    return found


@cache
def snake(name: str) -> str:
    """`CheckOut` becomes `check_out`; a snake_case name stays as it is."""
    return name if SNAKE.fullmatch(name) else "_".join(words(name))


def pascal(name: str) -> str:
    """`check_out` becomes `CheckOut`; a PascalCase name stays as it is."""
    if PASCAL.fullmatch(name):
        return name
    return "".join(part[:1].upper() + part[1:] for part in snake(name).split("_"))


def constant(name: str) -> str:
    return name if UPPER.fullmatch(name) else snake(name).upper()


def same_constant(name: str, others: Iterable[str]) -> str:
    """Which of the others is the same constant as the name, or nothing."""
    wanted = constant(name)
    return next((each for each in others if constant(each) == wanted), "")


def kebab(name: str) -> str:
    return snake(name).replace("_", "-")


def title(name: str) -> str:
    """The name as words of a sentence: `CheckOut` becomes `Check out`."""
    return snake(name).replace("_", " ").capitalize()


def plural(name: str) -> str:
    """The last word in the plural; the form of the name stays."""
    return str(inflection.pluralize(name))


def with_article(text: str) -> str:
    return f"an {text}" if text[:1].lower() in "aeiou" else f"a {text}"


def identifier_problem(text: str, kind: Kind) -> str | None:
    """Why generated code cannot bear this name, or None."""
    found = name_problem(text, kind)
    return found[1] if found else None


def name_problem(text: str, kind: Kind) -> tuple[str, str, str] | None:
    """Code, message and hint for a name that cannot be used, or None."""
    if misspelt := _grammar(text, kind):
        return ("B110", *misspelt)
    if keyword.iskeyword(text) or text in LANGUAGE:
        return "B111", f'"{text}" is a reserved word', "choose another name"
    if reason := _taken(text, kind):
        return "B112", f'"{text}" {reason}', "choose another name"
    return None


def _grammar(text: str, kind: Kind) -> tuple[str, str] | None:
    label = with_article("loop name" if kind == "local" else f"{kind} name")
    if kind == "type":
        good = bool(PASCAL.fullmatch(text))
        form, better = "PascalCase, like OrderLine", pascal(snake(text))
    else:
        good = bool(SNAKE.fullmatch(text))
        form, better = "snake_case, like order_line", snake(text)
        if kind == "member":
            good = good or bool(UPPER.fullmatch(text))
            form = "snake_case or CAPITALS, like checked_in or EUR"
    if not good:
        pattern = PASCAL if kind == "type" else SNAKE
        if not pattern.fullmatch(better):
            hint = _LETTERS
        elif name_problem(better, kind):
            hint = "choose another name"
        else:
            hint = f'write "{better}"'
        return f'"{text}" is not {label}: names are ASCII {form}', hint
    if len(text) > LONGEST:
        return f"{label} has at most {LONGEST} characters, this has {len(text)}", ""
    return None


_LETTERS = "choose one of ASCII letters and digits that begins with a letter"


def _taken(text: str, kind: Kind) -> str:
    match kind:
        case "member":
            return ""
        case "type":
            if text in IMPORTED or hasattr(builtins, text):
                return "is a name that generated modules use themselves"
        case "domain":
            if text in MODULES:
                return "is a module of every generated service"
        case "local" | "function":
            if text in FUNCTIONS or text in SCOPES | PRINTED_LOCALS | ANNOTATIONS:
                return "already means something in an expression"
            if hasattr(builtins, text):
                return "is a built-in function of Python"
        case _:
            return _taken_field(text, kind)
    return ""


def _taken_field(text: str, kind: Kind) -> str:
    if text in SCOPES:
        return "already means something in an expression"
    if text in ANNOTATIONS:
        return "would hide the Python type of that name"
    if text in PYDANTIC:
        return "is a method that every pydantic model has"
    if text == "stored_names":
        return "is what every value in the log already carries"
    if text == "event_type" or (kind == "event field" and text in EVENT_FIELDS):
        return "is what every event already carries"
    if kind == "column" and text in COLUMNS:
        return "is a column that every read model or table already has"
    if kind == "filter" and text in FILTERS:
        return "is an argument that every list query already has"
    return ""


def elsewhere(word: str, candidates: Iterable[str]) -> str:
    """A hint for a name that is there, but under another path; or nothing."""
    found = sorted(each for each in candidates if each.rpartition(".")[2] == word)
    quoted = " or ".join(f'"{each}"' for each in found)
    return f"write {quoted}" if found else ""


def of_no_domain(word: str, candidates: Iterable[str]) -> str:
    """A hint for `members.Member` where nothing is of such a domain; or nothing."""
    domain, dot, _ = word.rpartition(".")
    domains = {each.rpartition(".")[0] for each in candidates} - {""}
    if not dot or domain in domains:
        return ""
    if not domains:
        return "there is no other domain here: name the folder that holds them all"
    said = f'there is no domain "{domain}" here'
    close = did_you_mean(domain, domains)
    return f"{said}; {close}" if close else said


def unknown(word: str, candidates: Iterable[str]) -> str:
    """A hint for an unknown name: the closest one, or what there is."""
    known = sorted(candidates)
    if close := did_you_mean(word, known):
        return close
    more = f" and {len(known) - 8} more" if len(known) > 8 else ""
    return f"known here: {', '.join(known[:8])}{more}" if known else ""
