"""States of the database that take long to make, made once for all tests of a module."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction


def kept(make: Callable[[], Any]) -> Any:
    """Return a fixture of a module's own: what `make` returns, and what it wrote until the module's last test.

    Every test begins with that state, since each runs inside the module's transaction and is rolled back to it. Return
    keys, not objects: objects would carry what one test did into the next.
    """

    @pytest.fixture(scope="module")
    def state(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
        with django_db_blocker.unblock(), transaction.atomic():
            yield make()
            transaction.set_rollback(True)

    return state
