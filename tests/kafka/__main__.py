"""`make test-kafka`: the tests of the bus, on one node of Apache Kafka.

Where there is no Java or no Maven, or nothing can be fetched, it says so and that is
all: the same tests run on the mock cluster everywhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/infra"))

from kafka_node import PLACE, Node  # noqa: E402  (a script has no packages)

POM = Path(__file__).with_name("pom.xml")
LIBRARIES = ROOT / "build/kafka"
TESTS = [
    str(ROOT / "tests/infra" / name) for name in ("test_bus.py", "test_relay_kills.py")
]


def main(arguments: list[str]) -> int:
    reason = missing() or unfetched()
    if reason:
        print(f"The bus was not tested on Apache Kafka: {reason}.")
        return 0
    with tempfile.TemporaryDirectory(prefix="kafka-") as folder:
        node = Node.made(Path(folder), LIBRARIES)
        node.start()
        print(f"Apache Kafka runs on {node.servers}.", flush=True)
        try:
            return subprocess.run(
                [sys.executable, "-m", "pytest", "-q", *TESTS, *arguments],
                cwd=ROOT,
                env={**os.environ, PLACE: folder},
            ).returncode
        finally:
            node.stop()


def missing() -> str | None:
    """What this machine lacks, if anything."""
    absent = [name for name in ("java", "mvn") if shutil.which(name) is None]
    return f"{' and '.join(absent)} not found" if absent else None


def unfetched() -> str | None:
    """Have Maven fetch what is not here yet; why that failed, if it did."""
    stamp = LIBRARIES / "pom.xml"
    if stamp.is_file() and stamp.read_text() == POM.read_text():
        return None
    print("Fetching Apache Kafka (once) ...", flush=True)
    shutil.rmtree(LIBRARIES, ignore_errors=True)
    fetch = ["mvn", "--quiet", "--batch-mode", "--file", str(POM)]
    copy = ["dependency:copy-dependencies", f"-DoutputDirectory={LIBRARIES}"]
    done = subprocess.run([*fetch, *copy], capture_output=True, text=True)
    if done.returncode:
        words = (done.stdout + done.stderr).strip().splitlines() or ["?"]
        return f"Maven could not fetch it ({words[0]})"
    shutil.copy(POM, stamp)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
