"""Loaded into real workers (`celery worker -I tests.cnd.letters_of_workers`), so that they know the tests' kinds."""

from cnd.outbox.kinds import register_kind
from tests.cnd.letters import KINDS

register_kind(*KINDS)
