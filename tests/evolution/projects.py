"""Small domains, and what becomes of them from release to release."""

from __future__ import annotations

from collections.abc import Mapping

from generator import lock, model, pipeline
from generator.diagnostics import Report
from generator.document import Document, load
from generator.lock import Lock, Locks
from generator.releases import release

MIGRATIONS = {"migrations/shop/0001_read_models.sql": "CREATE TABLE purchase_view ();"}

PURCHASES = """\
domain: shop
types: {Money: decimal(ge=0 decimal_places=2)}
enums:
  Channel: [web, desk]
value_objects:
  Place: {fields: {town: str, street: str?}}
aggregates:
  Purchase:
    state: {amount: Money}
    commands:
      MakePurchase:
        creates: true
        access: public
        fields: {amount: Money, channel: Channel, place: Place}
        emits: PurchaseMade
      NameBuyer: {fields: {name: str}, access: internal, emits: BuyerNamed}
    events:
      PurchaseMade: {fields: {amount: Money, channel: Channel, place: Place}}
      BuyerNamed: {fields: {name: str}}
read_models:
  PurchaseView:
    key: purchase_id
    columns: {amount: Money, place: Place, channel: Channel}
    indexes: [[amount]]
    on: {PurchaseMade: insert}
queries:
  GetPurchase: {from: PurchaseView, by: purchase_id, access: public}
"""


def shop(text: str = PURCHASES, *changes: tuple[str, str]) -> Document:
    """The domain, with parts of its text replaced by others."""
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return load(text, "shop.yaml", Report())


def understood(document: Document) -> model.Service:
    """The checked model of a domain."""
    return pipeline.understand([document], Report())


def locks_in(texts: Mapping[str, str]) -> Locks:
    """The locks among the texts of a release, read back."""
    report = Report()
    found = [
        lock.read_lock(load(text, path, report), report)
        for path, text in texts.items()
        if path.startswith(".scaffold")
    ]
    report.raise_if_errors()
    return {each.domain: each for each in found if each is not None}


def released(document: Document | None = None, before: Locks | None = None) -> Lock:
    """The lock of the domain after a release."""
    texts = release(understood(document or shop()), before or {}, MIGRATIONS)
    return locks_in(texts)["shop"]
