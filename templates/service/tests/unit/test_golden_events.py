"""What was released can be read for ever: golden events, as the codec reads them.

`scaffold release` keeps an example of every version of every event under
`tests/golden_events`, with what it is read as today.
"""

import json
from pathlib import Path
from typing import Any

from app.common.events import Event
from app.domain_registry import DOMAINS
from app.infra.event_store.codec import codec_of

FOLDER = Path(__file__).parents[1] / "golden_events"
GOLDEN = {
    file.relative_to(FOLDER).as_posix(): json.loads(file.read_text())
    for file in sorted(FOLDER.glob("*/*.json"))
}
CODECS = {
    event.event_type: (event, codec_of(aggregate))
    for domain in DOMAINS
    for aggregate in domain.aggregates
    for event in aggregate.event_types
}


def read(golden: dict[str, Any]) -> Event:
    """What the log holds, as it is read today."""
    _, codec = CODECS[golden["type"]]
    event: Event = codec.decode(
        golden["type"], golden["version"], json.dumps(golden["stored"])
    )
    return event


def expected(golden: dict[str, Any]) -> Event:
    """The same event, as it would be recorded today."""
    event_type, codec = CODECS[golden["type"]]
    event: Event = codec.decode(
        golden["type"], event_type.schema_version, json.dumps(golden["read"])
    )
    return event


def test_whatever_was_released_is_read_as_it_should_be() -> None:
    events = {name: read(golden) for name, golden in GOLDEN.items()}
    assert events == {name: expected(golden) for name, golden in GOLDEN.items()}


def test_every_version_that_can_be_read_is_one_that_comes_before() -> None:
    for event_type, _ in CODECS.values():
        versions = [each.version for each in event_type.upcasters]
        last = event_type.schema_version
        assert versions == list(range(last - len(versions), last))
