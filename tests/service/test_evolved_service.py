"""A service whose blueprint has changed reads what the one before it has recorded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.dev import postgres
from generator import journal, living, pipeline, releasing
from tests.service.test_examples import made

pytestmark = pytest.mark.service

PURCHASE = "01900000-0000-7000-8000-000000000001"
BEFORE = """\
domain: shop
value_objects:
  Place: {fields: {city: str}}
aggregates:
  Deal:
    state: {amount_cents: int, place: Place, note: str?}
    commands:
      MakeDeal:
        creates: true
        fields: {amount_cents: int, place: Place}
        emits: DealMade
      NoteDeal: {fields: {note: str}, access: internal, emits: DealNoted}
    events:
      DealMade: {fields: {amount_cents: int, place: Place}}
      DealNoted: {fields: {note: str}}
policies:
  NoteIt: {on: DealMade, send: NoteDeal, with: {note: place.city}}
"""
AFTER = """\
domain: shop
types: {Money: decimal(decimal_places=2)}
enums: {Channel: [web, desk]}
value_objects:
  Place: {fields: {town: {type: str, was: city}}}
aggregates:
  Purchase:
    was: Deal
    state: {amount: Money, channel: Channel, place: Place, note: str?}
    commands:
      MakePurchase:
        creates: true
        fields: {amount: Money, channel: Channel, place: Place}
        emits: PurchaseMade
      NotePurchase: {fields: {note: str}, access: internal, emits: PurchaseNoted}
    events:
      PurchaseMade:
        was: DealMade
        version: 3
        fields: {amount: Money, channel: Channel, place: Place}
        upcasts:
          1: {from: {amount_cents: int}, set: {amount: amount_cents / 100}}
          2: {set: {channel: web if amount > 5 else desk}}
      PurchaseNoted: {was: DealNoted, fields: {note: str}}
read_models:
  PurchaseView:
    key: purchase_id
    columns: {amount: Money, channel: Channel, place: Place, note: str?}
    on: {PurchaseMade: insert, PurchaseNoted: update}
queries:
  GetPurchase: {from: PurchaseView, by: purchase_id, access: public}
policies:
  NoteIt: {on: PurchaseMade, send: NotePurchase, with: {note: place.town}}
"""
RECORD = f"""
import asyncio
from uuid import UUID
from app.bootstrap import Settings, opened
from app.common.actor import SYSTEM
from app.shop.commands import MakeDeal
from app.shop.value_objects import Place

async def main():
    async with opened(Settings()) as service:
        command = MakeDeal(
            deal_id=UUID("{PURCHASE}"), amount_cents=725, place=Place(city="Graz")
        )
        await service.commands.send(command, actor=SYSTEM, idempotency_key=None)

asyncio.run(main())
"""
READ = f"""
import asyncio, json
from uuid import UUID
from app.bootstrap import Settings, opened
from app.shop.aggregate import Purchase
from app.worker import run

PURCHASE = UUID("{PURCHASE}")

async def main():
    async with opened(Settings()) as service:
        first = (await service.store.load(Purchase, PURCHASE)).existing
        stop = asyncio.Event()
        worker = asyncio.create_task(run(service, stop))
        async with asyncio.timeout(60):
            row = None
            while row is None or row["note"] is None:
                await asyncio.sleep(0.02)
                row = await service.pool.fetchrow("SELECT * FROM purchase_view")
        stop.set()
        await worker
        log = "SELECT * FROM kernel.events ORDER BY version"
        stored = await service.pool.fetch(log)
        row = {{name: str(row[name]) for name in ("amount", "channel", "note")}}
        log = [[r["type"], r["schema_version"], r["data"]] for r in stored]
        state = [str(first.amount), first.channel, first.place.town]
        print(json.dumps({{"state": state, "row": row, "log": log}}))

asyncio.run(main())
"""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database that outlives the services."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        async with postgres.running(folder, postgres.FORGETFUL) as running:
            yield running.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(project: Path, url: str, *arguments: str) -> str:
    """What Python says in a project, on this database."""
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "SECURITY_JWT_SECRET": "0" * 64,
        "PYTHONPATH": str(project),
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def evolved(before: Path, folder: Path) -> Path:
    """The project as it follows the changed blueprint, with what it has released."""
    shutil.copytree(before, folder)
    (folder / "blueprints/shop.yaml").write_text(AFTER)
    journal.apply(folder, living.sync(folder).ops)
    return folder


async def test_what_one_release_recorded_is_read_by_the_next(
    tmp_path: Path, database: str
) -> None:
    blueprint = tmp_path / "blueprint"
    blueprint.mkdir()
    (blueprint / "service.yaml").write_text("service: corner\n")
    (blueprint / "shop.yaml").write_text(BEFORE)
    before = tmp_path / "before"
    pipeline.generate(blueprint, before)
    run(before, database, "-m", "app", "migrate")
    run(before, database, "-c", RECORD)
    releasing.plan(before).apply()

    after = evolved(before, tmp_path / "after")
    run(after, database, "-m", "app", "migrate")
    seen: dict[str, Any] = json.loads(run(after, database, "-c", READ).splitlines()[-1])
    assert seen["state"] == ["7.25", "web", "Graz"]
    assert seen["row"] == {"amount": "7.25", "channel": "web", "note": "Graz"}
    stored = {"deal_id": PURCHASE, "amount_cents": 725, "place": {"city": "Graz"}}
    assert seen["log"] == [
        ["shop.DealMade", 1, stored],
        ["shop.DealNoted", 1, {"deal_id": PURCHASE, "note": "Graz"}],
    ]

    anew = ("-m", "app", "rebuild")
    assert run(after, database, *anew, "PurchaseView") == "purchase_view: 2 of 2\n"
    with pytest.raises(AssertionError, match="there are: purchase_view"):
        run(after, database, *anew, "Nothing")

    assert "no issues found" in made(after, "check")
    replay = ("-m", "pytest", "-o", "addopts=", "tests/unit/test_golden_events.py")
    assert " passed" in run(after, database, *replay)
    upcasters = after / "app/shop/upcasters.py"
    text = upcasters.read_text()
    upcasters.write_text(text.replace("/ 100", "/ 10"))
    with pytest.raises(AssertionError, match="1 failed"):
        run(after, database, *replay)
