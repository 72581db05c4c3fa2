"""One thread for the BLAS while networks predict, and what there was before after it."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from threadpoolctl import threadpool_limits

from sklearn_w2v.networks import threads
from sklearn_w2v.networks.threads import in_threads, one_blas_thread


def blas_threads():
    return {one["num_threads"] for one in threads._blas().info()}


@pytest.fixture(autouse=True)
def _two_threads():
    limits = threadpool_limits(2, user_api="blas")
    threads._let_go()  # as if nobody had set them
    yield
    limits.restore_original_limits()
    threads._let_go()


def test_the_blas_has_one_thread_until_the_last_has_left():
    with one_blas_thread() as outer:
        assert outer == 2
        with one_blas_thread() as inner:
            assert inner == 2
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_threads_that_come_and_go_leave_what_there_was():
    def come_and_go(_):
        for _ in range(200):
            with one_blas_thread():
                assert blas_threads() == {1}

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come_and_go, range(8)))
    assert blas_threads() == {2}


def test_the_last_to_leave_may_be_another_than_the_first_to_come():
    come, left = threading.Event(), threading.Event()

    def first():
        with one_blas_thread():
            come.set()
            assert left.wait(60)

    thread = threading.Thread(target=first)
    thread.start()
    assert come.wait(60)
    limit = one_blas_thread()
    with limit:
        left.set()
        thread.join(60)
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_limits_of_a_user_stay():
    with threadpool_limits(1, user_api="blas"):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(in_threads, lambda part: None, range(3)).result()
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_parts_are_done_at_once_and_each_once():
    both, done = threading.Barrier(2, timeout=60), []

    def work(part):
        both.wait()
        done.append(part)

    in_threads(work, range(4))
    assert sorted(done) == [0, 1, 2, 3]


@pytest.mark.parametrize("n_parts", [1, 4])
def test_an_error_of_a_part_is_raised_and_the_limit_lifted(n_parts):
    def work(part):
        raise ValueError(f"part {part}")

    with pytest.raises(ValueError, match="part"):
        in_threads(work, range(n_parts))
    assert blas_threads() == {2}


def _in_a_fork(queue):
    queue.put(blas_threads())
    with one_blas_thread():
        queue.put(blas_threads())
    queue.put(blas_threads())


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_process_that_is_forked_meanwhile_has_no_limit():
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    with one_blas_thread():
        child = context.Process(target=_in_a_fork, args=(queue,))
        child.start()
        seen = [queue.get(timeout=60) for _ in range(3)]
        child.join(60)
        assert blas_threads() == {1}
    assert seen == [{2}, {1}, {2}]
