"""Locks of a process that is forked while another thread holds them."""

from __future__ import annotations

import os
import threading

import pytest

from sklearn_w2v.utils.forks import Lock, cached_property

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows cannot fork")


def exit_status_of_child(act):
    """Fork, and return what the child ends with: 0 where it has acted within ten seconds."""
    child = os.fork()
    if child == 0:
        acted = threading.Thread(target=act, daemon=True)
        acted.start()
        acted.join(10)
        os._exit(int(acted.is_alive()))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_lock_is_open_in_a_forked_process_and_held_in_its_parent():
    lock, held, done = Lock(), threading.Event(), threading.Event()

    def hold():
        with lock, lock:  # once more by the same thread
            held.set()
            done.wait(60)

    def take():
        with lock:
            pass

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(60)
        assert exit_status_of_child(take) == 0
        other = threading.Thread(target=take)
        other.start()
        other.join(0.2)
        assert other.is_alive()
    finally:
        done.set()
        holder.join()
    other.join(60)
    assert not other.is_alive()


def test_a_property_that_is_being_computed_can_be_read_in_a_forked_process():
    computing, done = threading.Event(), threading.Event()

    class One:
        slow = False

        @cached_property
        def value(self):
            if self.slow:
                computing.set()
                done.wait(60)
            return object()

    first, second = One(), One()
    assert second.value is second.value
    first.slow = True
    reader = threading.Thread(target=lambda: first.value)
    reader.start()
    try:
        assert computing.wait(60)
        assert exit_status_of_child(lambda: One().value) == 0
    finally:
        done.set()
        reader.join()
