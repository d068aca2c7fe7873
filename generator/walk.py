"""A guest books a room: the story that `scaffold demo` tells, step by step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

from generator.broker import Broker
from generator.conversation import Answer, Conversation

Token = Callable[[str, str], str]
Room = dict[str, object]

NUMBER = "101"
NIGHTS = 3
RATE = "120.00"
REFUND = "288.00"  # four fifths of three nights


def walk(conversation: Conversation, token_for: Token, broker: Broker) -> None:
    """The whole story; `token_for(role, subject)` gives a development token."""
    staff = token_for("staff", str(uuid4()))
    room = _open_a_room(conversation, staff)
    guest = _register(conversation)
    theirs = token_for("guest", guest)
    order = _order(guest, room, date.today() + timedelta(days=30))
    reservation = _reserve(conversation, order, theirs)
    _refuse_the_past(conversation, order, theirs)
    _refuse_a_taken_room(conversation, order, theirs)
    confirmed = _confirm(conversation, reservation, theirs, staff)
    _look_at_the_nights(conversation, order, staff, confirmed)
    _rename(conversation, guest, reservation, theirs)
    _cancel(conversation, reservation, theirs)
    _be_refunded(conversation, reservation, theirs)
    _do_without_the_bus(conversation, broker, guest, theirs)


def _open_a_room(conversation: Conversation, staff: str) -> Room:
    conversation.step("The staff adds a room, and everybody can see what it costs")
    added = conversation.post("/rooms/add", {"number": NUMBER, "rate": RATE}, staff)
    added.must(added.status == 201, "201")
    rooms = conversation.get("/rooms", X_Wait_For=added.text("token"))
    offered = [(each["number"], each["rate"]) for each in _items(rooms)]
    rooms.must(offered == [(NUMBER, RATE)], "the room")
    return _items(rooms)[0]


def _register(conversation: Conversation) -> str:
    conversation.step("A guest registers; nobody need be logged in for that")
    ada = {"name": "Ada Lovelace", "email": "ada@example.com"}
    answer = conversation.post("/guests/register", ada)
    answer.must(answer.status == 201, "201")
    return answer.text("id")


def _order(guest: str, room: Room, check_in: date) -> dict[str, object]:
    stay = {
        "check_in": check_in.isoformat(),
        "check_out": (check_in + timedelta(days=NIGHTS)).isoformat(),
    }
    return {
        "guest_id": guest,
        "room_id": room["room_id"],
        "stay": stay,
        "rate": room["rate"],
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
    past = _order(str(order["guest_id"]), order, date.today() - timedelta(days=10))
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
) -> str:
    conversation.step("The staff confirms; the worker will bring the row up to date")
    confirmed = conversation.post(f"{path}/confirm", {}, staff_token)
    confirmed.must(confirmed.status == 200, "200")

    conversation.step("The guest reads with the token of that answer, and waits for it")
    row = conversation.get(path, guest_token, X_Wait_For=confirmed.text("token"))
    row.must(row.status == 200 and row.text("status") == "confirmed", "the new row")
    conversation.note("the read model has caught up")
    return confirmed.text("token")


def _look_at_the_nights(
    conversation: Conversation, order: dict[str, object], staff: str, confirmed: str
) -> None:
    conversation.step("The staff sees each night that the room is taken")
    path = f"/reservations/list-room-nights?room_id={order['room_id']}"
    answer = conversation.get(path, staff, X_Wait_For=confirmed)
    nights = [(each["room_number"], each["status"]) for each in _items(answer)]
    answer.must(nights == [(NUMBER, "confirmed")] * NIGHTS, f"{NIGHTS} nights")
    conversation.note(f"a row for each of the {NIGHTS} nights, out of one event")


def _rename(conversation: Conversation, guest: str, path: str, token: str) -> None:
    name = "Ada King, Countess of Lovelace"
    conversation.step("She marries, and tells the hotel her new name")
    renamed = conversation.post(f"/guests/{guest}/rename", {"name": name}, token)
    renamed.must(renamed.status == 200, "200")

    conversation.step("Her reservation knows it, though the name is of another domain")
    row = conversation.get(path, token, X_Wait_For=renamed.text("token"))
    row.must(row.status == 200 and row.text("guest_name") == name, "the new name")
    conversation.note("looked up in the guest's own stream, whichever came first")


def _cancel(conversation: Conversation, path: str, token: str) -> None:
    conversation.step("She cancels; the reservation says what she is owed")
    cancelled = conversation.post(f"{path}/cancel", {"reason": "plans changed"}, token)
    cancelled.must(cancelled.status == 200, "200")


def _be_refunded(conversation: Conversation, path: str, token: str) -> None:
    conversation.step("A policy has that paid, by a command to another domain")
    reservation = path.rpartition("/")[2]
    query = f"/payments?reservation_id={reservation}"
    answer = conversation.get_until(query, token, lambda paid: bool(_items(paid)))
    amounts = [(each["status"], each["amount"]) for each in _items(answer)]
    answer.must(amounts == [("refunded", REFUND)], f"one refund of {REFUND}")
    conversation.note(f"{REFUND} went back to her, once")


def _items(answer: Answer) -> list[dict[str, object]]:
    items = answer.body.get("items")
    return items if isinstance(items, list) else []


def _do_without_the_bus(
    conversation: Conversation, broker: Broker, guest: str, token: str
) -> None:
    conversation.step("The message broker is taken away; the service works on")
    with broker.away():
        titled = {"name": "Lady Lovelace"}
        renamed = conversation.post(f"/guests/{guest}/rename", titled, token)
        renamed.must(renamed.status == 200, "200")
        row = conversation.get(
            f"/guests/{guest}", token, X_Wait_For=renamed.text("token")
        )
        row.must(row.text("name") == titled["name"], "the new name")
        conversation.note("accepted, recorded, projected")

    conversation.step("The broker is given back: what happened meanwhile is on it")
    events = broker.events("transport.guest-events", guest, 3)
    renamed.must(
        events == ["guest.GuestRegistered", *["guest.GuestRenamed"] * 2],
        "all three events, in order, on the topic",
    )
    conversation.note(f"transport.guest-events: {', '.join(events)}")
