"""The rival over HTTP: what a FastAPI service looks like that only stores what it gets.

    python -m bench.by_hand PORT

The same model, token and server settings as ours; one INSERT instead of a decision,
no log, no command log, no metrics, no log lines.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
import jwt
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from pydantic import BaseModel, Field

DATABASE = "BENCH_DATABASE"
SECRET = "BENCH_SECRET"
INSERT = "INSERT INTO by_hand VALUES ($1, $2, 1, 'Opened', $3)"

bearer = HTTPBearer()


class OpenAccount(BaseModel):
    owner: Annotated[str, Field(min_length=1, max_length=200)]
    note: Annotated[str, Field(max_length=200)]


class Opened(BaseModel):
    id: UUID
    version: int


async def subject(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)],
) -> str:
    try:
        claims = jwt.decode(
            credentials.credentials,
            os.environ[SECRET],
            algorithms=["HS256"],
            audience="service",
            issuer="service",
        )
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, str(error)) from error
    return str(claims["sub"])


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(
        os.environ[DATABASE], min_size=16, max_size=16
    ) as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/accounts/open", status_code=201)
async def open_account(
    command: OpenAccount, request: Request, who: Annotated[str, Depends(subject)]
) -> Opened:
    id = uuid4()
    await request.app.state.pool.execute(INSERT, uuid4(), id, command.model_dump_json())
    return Opened(id=id, version=1)


@app.post("/nothing", status_code=201)
async def nothing(
    command: OpenAccount, who: Annotated[str, Depends(subject)]
) -> Opened:
    return Opened(id=uuid4(), version=1)


if __name__ == "__main__":
    Server(
        "bench.by_hand:app",
        interface=Interfaces.ASGI,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        workers=1,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()
