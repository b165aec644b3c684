"""Death at a chosen statement: loaded into a real worker (`celery worker -I tests.kill_points`), never by the service.

KILL_TASK names a task, KILL_BEFORE the number of the statement (commits counted too) before which the process that
runs it is killed, once: KILL_FLAG is a file that tells the next worker that it has happened. With KILL_SCOPE=worker the
whole worker dies, otherwise only the pool's process. Without KILL_BEFORE nothing dies. Every run of the task that
survives writes the number of points it passed into KILL_FLAG + ".count".
"""

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery.signals import task_postrun, task_prerun
from django.db import connection

TASK = os.environ.get("KILL_TASK", "")
BEFORE = int(os.environ.get("KILL_BEFORE", "0"))
FLAG = Path(os.environ.get("KILL_FLAG", "/nonexistent"))
WHOLE_WORKER = os.environ.get("KILL_SCOPE") == "worker"

_undo = contextlib.ExitStack()
_passed = 0


def _pass_point() -> None:
    global _passed
    _passed += 1
    if _passed == BEFORE and not FLAG.exists():
        FLAG.write_text(str(BEFORE))
        if WHOLE_WORKER:
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


def _counted(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    _pass_point()
    return execute(sql, params, many, context)


@task_prerun.connect
def _begin(sender: Any = None, **_: Any) -> None:
    global _passed
    if sender.name != TASK:
        return
    _passed = 0
    _undo.enter_context(connection.execute_wrapper(_counted))
    commit = connection._commit  # type: ignore[attr-defined]

    def counted_commit() -> Any:
        _pass_point()
        return commit()

    connection._commit = counted_commit  # type: ignore[attr-defined]
    _undo.callback(setattr, connection, "_commit", commit)


@task_postrun.connect
def _end(sender: Any = None, **_: Any) -> None:
    if sender.name == TASK:
        _undo.close()
        FLAG.with_name(FLAG.name + ".count").write_text(str(_passed))
