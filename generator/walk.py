"""A guest books a room: the story that `scaffold demo` tells, step by step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

from generator.conversation import Answer, Conversation

Token = Callable[[str, str], str]

NIGHTS = 3
RATE = "120.00"


def walk(conversation: Conversation, token_for: Token) -> None:
    """The whole story; `token_for(role, subject)` gives a development token."""
    guest = _register(conversation)
    theirs = token_for("guest", guest)
    order = _order(guest, date.today() + timedelta(days=30))
    reservation = _reserve(conversation, order, theirs)
    _refuse_the_past(conversation, order, theirs)
    _refuse_a_taken_room(conversation, order, theirs)
    _confirm(conversation, reservation, theirs, token_for("staff", str(uuid4())))


def _register(conversation: Conversation) -> str:
    conversation.step("A guest registers; nobody need be logged in for that")
    ada = {"name": "Ada Lovelace", "email": "ada@example.com"}
    answer = conversation.post("/guests/register", ada)
    answer.must(answer.status == 201, "201")
    return answer.text("id")


def _order(guest: str, check_in: date) -> dict[str, object]:
    stay = {
        "check_in": check_in.isoformat(),
        "check_out": (check_in + timedelta(days=NIGHTS)).isoformat(),
    }
    return {
        "guest_id": guest,
        "room_id": str(uuid4()),
        "stay": stay,
        "rate": RATE,
        "payment_method_id": "card-1",
    }


def _reserve(conversation: Conversation, order: dict[str, object], token: str) -> str:
    key = str(uuid4())
    conversation.step("She requests a reservation, with an Idempotency-Key")
    first = conversation.post(
        "/reservations/request", order, token, Idempotency_Key=key
    )
    first.must(first.status == 201, "201")
    path = f"/reservations/{first.text('id')}"

    conversation.step("It can be read at once: its row travelled with the event")
    row = conversation.get(path, token)
    row.must(row.status == 200 and row.text("status") == "requested", "the row")

    conversation.step("The network hiccups, and she sends the same request again")
    again = conversation.post(
        "/reservations/request", order, token, Idempotency_Key=key
    )
    again.must((again.status, again.body) == (201, first.body), "the same answer")
    conversation.note("the same answer, and nothing was booked twice")
    return path


def _refuse_the_past(
    conversation: Conversation, order: dict[str, object], token: str
) -> None:
    conversation.step("A stay in the past is refused by a rule of the blueprint")
    past = _order(str(order["guest_id"]), date.today() - timedelta(days=10))
    answer = conversation.post("/reservations/request", past, token)
    _must_be_refused(answer, "StayInThePast")


def _refuse_a_taken_room(
    conversation: Conversation, order: dict[str, object], token: str
) -> None:
    conversation.step("The same room for the same nights is refused by a unique key")
    answer = conversation.post("/reservations/request", order, token)
    _must_be_refused(answer, "RoomTaken")


def _must_be_refused(answer: Answer, code: str) -> None:
    problem = answer.headers.get("content-type") == "application/problem+json"
    refused = answer.status == 409 and answer.text("code") == code
    answer.must(problem and refused, f"409 {code} as problem+json")


def _confirm(
    conversation: Conversation, path: str, guest_token: str, staff_token: str
) -> None:
    conversation.step("The staff confirms; the worker will bring the row up to date")
    confirmed = conversation.post(f"{path}/confirm", {}, staff_token)
    confirmed.must(confirmed.status == 200, "200")

    conversation.step("The guest reads with the token of that answer, and waits for it")
    row = conversation.get(path, guest_token, X_Wait_For=confirmed.text("token"))
    row.must(row.status == 200 and row.text("status") == "confirmed", "the new row")
    conversation.note("the read model has caught up")
