"""Requests to a running service, shown as they are sent and answered."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from generator.diagnostics import ScaffoldError
from generator.interrupts import checkpoint, interruptible

SECONDS_TO_ANSWER = 30
SECONDS_TO_COME = 30
BETWEEN_LOOKS = 0.05
UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{4}([0-9a-f]{8})\b")

Body = Mapping[str, object]


class WalkFailed(ScaffoldError):
    """The service did not answer, or answered something else than it must."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: Body

    def text(self, name: str) -> str:
        """One value of the body, as text."""
        return str(self.body.get(name))

    def must(self, claim: bool, what: str) -> None:
        """Go on only if the claim about this answer holds."""
        if not claim:
            raise WalkFailed(
                f"{what} was to come; {self.status} came: {json.dumps(self.body)}"
            )


class Conversation:
    """Speaks HTTP to the service, and shows it in a few words."""

    def __init__(self, url: str, console: Console) -> None:
        self._address = urlsplit(url).netloc
        self._console = console
        self._steps = 0

    def step(self, title: str) -> None:
        """Begin a new step of the story."""
        self._steps += 1
        checkpoint(f"step {self._steps}")
        self._console.print(Text.assemble(f"\n{self._steps:2}  ", (title, "bold")))

    def note(self, remark: str) -> None:
        """Say what the step has shown."""
        self._row(("✓", "bold green"), Text(remark, "green"))

    def post(self, path: str, body: Body, token: str = "", **headers: str) -> Answer:
        """Send a command."""
        return self._ask("POST", path, body, token, headers)

    def get(self, path: str, token: str = "", **headers: str) -> Answer:
        """Ask a query."""
        return self._ask("GET", path, None, token, headers)

    def get_until(
        self, path: str, token: str, holds: Callable[[Answer], bool]
    ) -> Answer:
        """Ask a query again and again until its answer holds; show the last one."""
        self._show_request("GET", path, None, {})
        headers = {"Authorization": f"Bearer {token}"}
        deadline = time.monotonic() + SECONDS_TO_COME
        with interruptible():
            answer = self._exchange("GET", path, None, headers)
            while not holds(answer) and time.monotonic() < deadline:
                time.sleep(BETWEEN_LOOKS)
                answer = self._exchange("GET", path, None, headers)
        self._show_answer(answer)
        return answer

    def _ask(
        self,
        method: str,
        path: str,
        body: Body | None,
        token: str,
        named: Mapping[str, str],
    ) -> Answer:
        headers = {name.replace("_", "-"): value for name, value in named.items()}
        self._show_request(method, path, body, headers)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        with interruptible():
            answer = self._exchange(method, path, body, headers)
        self._show_answer(answer)
        return answer

    def _exchange(
        self,
        method: str,
        path: str,
        body: Body | None,
        headers: Mapping[str, str],
    ) -> Answer:
        content = None if body is None else json.dumps(body)
        all_headers = {"Content-Type": "application/json", **headers}
        connection = HTTPConnection(self._address, timeout=SECONDS_TO_ANSWER)
        try:
            connection.request(method, path, content, all_headers)
            response = connection.getresponse()
            said = json.loads(response.read())
            return Answer(response.status, dict(response.getheaders()), said)
        except (OSError, HTTPException, ValueError) as error:
            raise WalkFailed(f"{method} {path} got no answer: {error!r}") from error
        finally:
            connection.close()

    def _show_request(
        self, method: str, path: str, body: Body | None, headers: Mapping[str, str]
    ) -> None:
        self._row((method, "cyan"), Text(short(path)))
        for name, value in headers.items():
            self._row("", Text(f"{name}: {short(value)}"))
        if body:
            self._row("", Text(brief(body), "dim"))

    def _show_answer(self, answer: Answer) -> None:
        color = "green" if answer.status < 400 else "yellow"
        kind = answer.headers.get("content-type", "").removeprefix("application/")
        shown = answer.body
        if kind == "problem+json":
            shown = {name: answer.body.get(name) for name in ("code", "detail")}
        text = Text.assemble(f"{kind}  ", (brief(shown), "dim"))
        self._row((str(answer.status), color), text)

    def _row(self, head: str | tuple[str, str], text: Text) -> None:
        row = Table.grid(padding=(0, 2))
        row.add_column(width=4)
        row.add_column()
        row.add_row(Text.assemble(head), text)
        self._console.print(Padding(row, (0, 0, 0, 4), expand=False))


def brief(body: Body) -> str:
    """A body in few words."""
    return short(", ".join(f"{name}: {_value(body[name])}" for name in body))


def short(text: str) -> str:
    """The text with every UUID cut down to the part in which they differ."""
    return UUID.sub(r"…\2", text)


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return f"{{{brief(value)}}}" if isinstance(value, Mapping) else str(value)
