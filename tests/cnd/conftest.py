"""Fixtures of the ground's tests."""

import pytest


@pytest.fixture
def letter_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the kinds of tests.cnd.letters known, to this test alone."""
    # This file is loaded before Django is set up.
    from cnd.outbox import kinds
    from tests.cnd.letters import KINDS

    for kind in KINDS:
        monkeypatch.setitem(kinds._kinds, kind.code, kind)
