"""The shapes that all routes share."""

from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from app.common.messages import Message

Item = TypeVar("Item")


class Body(Message):
    """The part of a command that travels in the request body."""


class CommandResult(BaseModel):
    """The answer to a command that was accepted."""

    id: UUID = Field(description="The aggregate that decided.")
    version: int = Field(description="Its version afterwards.", examples=[3])
    token: str | None = Field(
        description="Send it as `X-Wait-For` with a query, to read what was written.",
        examples=["1-1042-77"],
    )


class PageOf(BaseModel, Generic[Item]):
    """One page of rows; the cursors lead to the pages next to it."""

    items: list[Item]
    next_cursor: str | None = None
    previous_cursor: str | None = None


class InvalidField(BaseModel):
    """One thing that is wrong with a request."""

    loc: list[str | int] = Field(examples=[["body", "reason"]])
    msg: str = Field(examples=["Field required"])
    type: str = Field(examples=["missing"])


class Problem(BaseModel):
    """A refusal, as RFC 9457 shapes it."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["The stay starts on 2030-01-22, before today."])
    code: str = Field(examples=["StayInThePast"])
    instance: str = Field(examples=["/reservations/request"])
    correlation_id: UUID | None = None
    errors: list[InvalidField] | None = None
