"""Commands and queries: checked where data enters, frozen from then on."""

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from app.common.storable import storable


class Message(BaseModel):
    """What enters the service: known fields only, every value storable."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="after")
    def _storable(self) -> Self:
        values = self.__dict__
        values.update({name: storable(name, value) for name, value in values.items()})
        return self


class Command(Message):
    """A wish that the domain may refuse.

    A field declared with `repr=False` is a secret: it is left out of logs and of the
    hash by which a repeated request is recognised.
    """


class Query(Message):
    """A question; answering it changes nothing."""
