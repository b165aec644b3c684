"""Chains with a few entries, for the tests of the journal."""

from cnd import journal
from cnd.actors import COMMAND
from cnd.models import Chain, JournalEntry, ResourceVersion


def make_chain(code: str = "cnd67", **facts: object) -> Chain:
    return Chain.objects.create(code=code, **facts)


def decide(
    chain: Chain,
    *resources: str,
    audience: str = ResourceVersion.PUBLIC,
    before: object = None,
    after: object = 1,
    publish: bool = False,
) -> None:
    """Write one entry that touches these resources."""
    with journal.decision(chain, action="decide", subject="thing", actor=COMMAND, reason="test") as draft:
        draft.change("thing", before, after)
        draft.touch(*resources, audience=audience)
        if publish:
            draft.publish()


def entries(chain: Chain) -> list[JournalEntry]:
    return list(JournalEntry.objects.filter(chain=chain).order_by("number"))
