"""Group commit: what comes while one call is under way goes into the next one.

A commit costs the same for one command as for many. Nobody waits for company: the first
command leaves at once and alone; the more come meanwhile, the more share the next call.
A command keeps its own verdict, and none can harm its neighbours:

* queued: unsent, so its caller may cancel it, and its deadline gives it back
* sent: applied or not, whatever becomes of the caller, until the store has answered
* in a slow lane: what others hold is waited for alone, on a connection of the pool
* in doubt: the connection was lost; the same command id, sent again, settles it
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import asyncpg
import structlog

from app.common.errors import Busy, OutcomeUnknown
from app.common.read_models import Table
from app.config.append import AppendSettings
from app.infra.event_store.append import (
    ATTEMPTS,
    Append,
    DirectAppender,
    EpochChanged,
    Verdict,
    arguments,
    pause,
    statement,
    understood,
    verdict_of,
)
from app.infra.metrics.measures import APPEND_BATCH, APPEND_QUEUE
from app.infra.persistence.failures import CONTENTION, LOST
from app.infra.persistence.postgres import Connection

CLOSING_SECONDS: Final = 5.0

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A command that its caller has not got an answer to."""

    append: Append
    answer: asyncio.Future[Verdict]
    deadline: float
    tries: int = 0
    lost: bool = False


@dataclass(slots=True)
class Counts:
    """What has gone through, for whoever watches."""

    calls: int = 0
    commands: int = 0
    halved: int = 0
    lost: int = 0
    slow: int = 0
    again: int = 0


class GroupCommit:
    """The appender of a process: one connection, one call at a time, many commands."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        direct: DirectAppender,
        epoch: int,
        settings: AppendSettings,
    ) -> None:
        self.counts = Counts()
        self._connect = connect
        self._direct = direct
        self._epoch = epoch
        self._settings = settings
        self._connection: Connection | None = None
        # Ordered, and a cancelled command leaves it without a search.
        self._queue: dict[_Waiting, None] = {}
        self._sending: Sequence[_Waiting] = ()
        self._lanes: set[asyncio.Task[None]] = set()
        self._free_lanes = asyncio.Semaphore(settings.slow_lanes)
        self._tables: dict[str, Table[Any]] = {}
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._flusher: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def waiting(self) -> int:
        """How many commands wait for their turn, or for what others hold."""
        return len(self._queue) + len(self._lanes)

    async def append(self, append: Append) -> Verdict:
        """Wait for the next call that has room, and for its verdict."""
        if self._closing or self.waiting >= self._settings.queue:
            raise Busy()
        loop = asyncio.get_running_loop()
        waiting = _Waiting(
            append, loop.create_future(), loop.time() + self._settings.deadline
        )
        self._enqueue(waiting)
        try:
            return await waiting.answer
        finally:
            self._queue.pop(waiting, None)

    async def close(self) -> None:
        """Take no more, and answer everybody who is waiting."""
        self._closing = True
        self._wake.set()
        if self._flusher is not None:
            await asyncio.wait([self._flusher])
        if self._lanes:
            await asyncio.wait(self._lanes)
        if self._timer is not None:
            self._timer.cancel()
        if self._connection is not None:
            with suppress(*LOST):
                await self._connection.close(timeout=CLOSING_SECONDS)

    def _enqueue(self, waiting: _Waiting) -> None:
        self._queue[waiting] = None
        APPEND_QUEUE.set(self.waiting)
        self._wake.set()
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(waiting.deadline, self._give_back)
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush(), name="group commit")
            self._flusher.add_done_callback(self._ended)

    def _give_back(self) -> None:
        """Refuse whoever has waited too long, and look again when the next may have."""
        loop = asyncio.get_running_loop()
        self._timer = None
        for waiting in [w for w in self._queue if w.deadline <= loop.time()]:
            del self._queue[waiting]
            _refuse([waiting], Busy)
        if self._queue:
            next_ = min(waiting.deadline for waiting in self._queue)
            self._timer = loop.call_at(next_, self._give_back)

    def _ended(self, flusher: asyncio.Task[None]) -> None:
        """Let nobody wait for a flusher that is gone; the next command starts another.

        It ends by itself only when all is done. Whoever else ends it, and whatever
        mistake of ours does, must not leave callers waiting for ever.
        """
        if not flusher.cancelled() and flusher.exception() is None:
            return
        error = None if flusher.cancelled() else flusher.exception()
        log.critical("group commit ended", exc_info=error)
        if self._connection is not None:
            self._connection.terminate()
        _refuse(self._sending, OutcomeUnknown)
        _refuse(self._queue, Busy)
        self._queue.clear()

    async def _flush(self) -> None:
        attempt = 0
        while self._queue or not self._closing:
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            try:
                await self._connected()
            except (*CONTENTION, *LOST, asyncpg.PostgresError) as error:
                # Nothing was sent: those who wait are given back at their deadlines.
                attempt = min(attempt + 1, ATTEMPTS)
                log.warning("group commit has no connection", error=str(error))
                await asyncio.sleep(pause(attempt))
                continue
            attempt = 0
            self._sending = self._next_batch()
            await self._send(self._sending)
            self._sending = ()

    def _next_batch(self) -> list[_Waiting]:
        """Those who have waited longest; of equal command ids, one at a time."""
        batch: list[_Waiting] = []
        ids = set()
        for waiting in self._queue:
            if waiting.append.command_id not in ids:
                ids.add(waiting.append.command_id)
                batch.append(waiting)
                if len(batch) == self._settings.batch:
                    break
        for waiting in batch:
            del self._queue[waiting]
        APPEND_QUEUE.set(self.waiting)
        return batch

    async def _send(self, batch: Sequence[_Waiting]) -> None:
        """Send until everyone has a verdict, an error, or a place to wait for one."""
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(pause(attempt))
            sent = False
            try:
                connection = await self._connected()
                sent = True
                records = await self._call(connection, [w.append for w in batch])
            except CONTENTION:
                # Who waits for whom is not known: each finds out for itself.
                for waiting in batch:
                    self._go_slowly(waiting)
            except LOST as error:
                self._drop_connection(error)
                for waiting in batch:
                    waiting.lost = waiting.lost or sent
                continue
            except Exception as error:  # a mistake of ours must find its owner as well
                await self._find_culprit(batch, error)
            else:
                for waiting, record in zip(batch, records, strict=True):
                    self._settle(waiting, record)
            return
        for waiting in batch:
            _refuse([waiting], OutcomeUnknown if waiting.lost else Busy)

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        return self._connection

    def _drop_connection(self, error: Exception) -> None:
        """A connection that failed may be in any state; what it was sent, too."""
        self.counts.lost += 1
        log.warning("group commit lost its connection", error=str(error))
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _call(
        self, connection: Connection, appends: Sequence[Append]
    ) -> list[asyncpg.Record]:
        tables = self._tables_of(appends)
        self.counts.calls += 1
        self.counts.commands += len(appends)
        APPEND_BATCH.observe(len(appends))
        return await connection.fetch(
            statement(tables), *arguments(self._epoch, appends, tables, wait=False)
        )

    def _tables_of(self, appends: Iterable[Append]) -> tuple[Table[Any], ...]:
        """The tables to be written, so that few different statements are ever made.

        One for each table alone, and one that grows until it has them all: statements
        for every mixture would be more than a connection keeps prepared.
        """
        tables = {row.table.name: row.table for each in appends for row in each.rows}
        if len(tables) > 1:
            self._tables |= tables
            tables = self._tables
        return tuple(tables[name] for name in sorted(tables))

    async def _find_culprit(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """Nothing of the call was applied: halve it until the guilty one is alone."""
        meaning = understood(error)
        if isinstance(meaning, EpochChanged):
            _refuse(batch, partial(EpochChanged, str(meaning)))
            return
        if len(batch) == 1:
            _refuse_one(batch[0], meaning)
            return
        self.counts.halved += 1
        middle = len(batch) // 2
        await self._send(batch[:middle])
        await self._send(batch[middle:])

    def _settle(self, waiting: _Waiting, record: asyncpg.Record) -> None:
        verdict = verdict_of(record, resent=waiting.lost)
        if verdict.outcome == "busy":
            self._go_slowly(waiting)
        elif verdict.outcome == "order":
            self._queue_again(waiting)
        elif not waiting.answer.done():
            waiting.answer.set_result(verdict)

    def _queue_again(self, waiting: _Waiting) -> None:
        """The next call is a new transaction, which is all that is needed."""
        self.counts.again += 1
        waiting.tries += 1
        if waiting.tries == ATTEMPTS:
            _refuse([waiting], Busy)
        elif not waiting.answer.done():
            self._enqueue(waiting)

    def _go_slowly(self, waiting: _Waiting) -> None:
        self.counts.slow += 1
        lane = asyncio.create_task(self._wait_alone(waiting))
        self._lanes.add(lane)
        lane.add_done_callback(self._lanes.discard)

    async def _wait_alone(self, waiting: _Waiting) -> None:
        """Wait for what others hold, on a connection of its own."""
        try:
            async with self._free_lanes:
                if waiting.answer.done():
                    return
                if asyncio.get_running_loop().time() > waiting.deadline:
                    raise OutcomeUnknown() if waiting.lost else Busy()
                verdict = await self._direct.append(waiting.append, lost=waiting.lost)
            if not waiting.answer.done():
                waiting.answer.set_result(verdict)
        except asyncio.CancelledError:
            _refuse([waiting], OutcomeUnknown)
            raise
        except Exception as error:
            _refuse_one(waiting, error)


def _refuse(refused: Iterable[_Waiting], error: Callable[[], Exception]) -> None:
    """An error for each: one that many raise would gather the traces of all."""
    for waiting in refused:
        _refuse_one(waiting, error())


def _refuse_one(waiting: _Waiting, error: Exception) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(error)
