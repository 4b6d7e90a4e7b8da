# SPDX-License-Identifier: GPL-2.0-only
"""Several machines at a time. A piece of work may bring more work (the rest of a run that a crash has cut short)."""
import collections
import threading


def run(pieces, work, jobs):
    """Call work(piece) for each, jobs at a time; what it returns (a list) is done before all others. The first exception ends it."""
    todo = collections.deque(pieces)
    changed = threading.Condition()
    busy = 0
    failure = []

    def worker():
        nonlocal busy
        while True:
            with changed:
                changed.wait_for(lambda: todo or not busy or failure)
                if failure or not todo:
                    return
                piece = todo.popleft()
                busy += 1
            more = []
            try:
                more = work(piece) or []
            except BaseException as why:  # pylint: disable=broad-exception-caught
                failure.append(why)
            with changed:
                todo.extendleft(reversed(more))
                busy -= 1
                changed.notify_all()

    threads = [threading.Thread(target=worker, daemon=True) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failure:
        raise failure[0]
