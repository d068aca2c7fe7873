"""Of two commands that cannot both hold, exactly one wins: every single time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from uuid import uuid4

from app.common.errors import DomainError
from app.infra.event_store.accepted import Accepted
from tests.infra.lending import CopyIsLent, ReturnLoan
from tests.infra.service import Service, open_loan

ROUNDS = 200


async def test_one_of_two_commands_wins_the_race_for_a_stream(
    service: Service,
) -> None:
    for _ in range(ROUNDS):
        loan = await service.open_loan()
        answers = await asyncio.gather(
            service.send(ReturnLoan(loan_id=loan)),
            service.send(ReturnLoan(loan_id=loan)),
            return_exceptions=True,
        )
        assert _winners(answers) == 1
        assert {type(a).__name__ for a in answers} == {"Accepted", "AlreadyReturned"}
    assert await service.count("kernel.events") == 2 * ROUNDS


async def test_one_of_two_commands_wins_the_race_for_a_new_stream(
    service: Service,
) -> None:
    for _ in range(ROUNDS):
        loan = uuid4()
        answers = await asyncio.gather(
            service.send(open_loan(loan_id=loan)),
            service.send(open_loan(loan_id=loan)),
            return_exceptions=True,
        )
        assert {type(a).__name__ for a in answers} == {"Accepted", "AlreadyExists"}
    assert await service.count("kernel.events") == ROUNDS
    assert await service.count("loan_view") == ROUNDS


async def test_one_of_two_commands_wins_the_race_for_a_unique_key(
    service: Service,
) -> None:
    for _ in range(ROUNDS):
        copy = uuid4()
        answers = await asyncio.gather(
            service.send(open_loan(copy)),
            service.send(open_loan(copy)),
            return_exceptions=True,
        )
        assert _winners(answers) == 1
        assert sum(isinstance(answer, CopyIsLent) for answer in answers) == 1
    assert await service.count("kernel.unique_keys") == ROUNDS
    assert await service.count("kernel.streams") == ROUNDS
    assert await service.count("kernel.command_log") == ROUNDS


async def test_one_of_two_commands_with_one_idempotency_key_is_applied(
    service: Service,
) -> None:
    for number in range(ROUNDS):
        command = {"copy": uuid4(), "reader_id": uuid4()}
        first, second = await asyncio.gather(
            service.send(open_loan(**command), key=f"key {number}"),
            service.send(open_loan(**command), key=f"key {number}"),
        )
        assert (first.id, first.version) == (second.id, second.version)
        assert first.token == second.token
        assert {first.replayed, second.replayed} == {True, False}
    assert await service.count("kernel.events") == ROUNDS
    assert await service.count("loan_view") == ROUNDS


def _winners(answers: Iterable[Accepted | BaseException]) -> int:
    winners = 0
    for answer in answers:
        if isinstance(answer, Accepted):
            winners += 1
        elif not isinstance(answer, DomainError):
            raise answer
    return winners
