"""A signal ends a run where it may, and never in the middle of clean-up."""

from __future__ import annotations

import os
import signal

import pytest

from generator.interrupts import Interrupted, checkpoint, interruptible, watched


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_a_signal_ends_an_interruptible_stretch_at_once(
    number: int, exit_code: int
) -> None:
    reached = False
    with pytest.raises(Interrupted) as ended, watched(), interruptible():
        send(number)
        reached = True
    assert not reached
    assert ended.value.exit_code == exit_code


def test_elsewhere_it_waits_for_the_next_checkpoint() -> None:
    done = []
    with pytest.raises(Interrupted, match="SIGTERM in phase 'commit'"), watched():
        checkpoint("write")
        send(signal.SIGTERM)
        done.append("written")
        checkpoint("commit")
        done.append("committed")
    assert done == ["written"]


def test_clean_up_is_not_cut_short_by_a_second_signal() -> None:
    done = []
    with pytest.raises(Interrupted, match="SIGINT"), watched():
        try:
            with interruptible():
                send(signal.SIGINT)
        finally:
            send(signal.SIGTERM)
            checkpoint("clean")
            with interruptible():
                done.append("cleaned")
    assert done == ["cleaned"]


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with watched(), interruptible():
            send(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_afterwards_signals_mean_what_they_meant() -> None:
    before = signal.getsignal(signal.SIGINT)
    with watched():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
