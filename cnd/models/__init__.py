from cnd.models.api import ApiToken, IdempotencyKey
from cnd.models.heartbeat import Heartbeat
from cnd.models.journal import Chain, Checkpoint, JournalEntry, PersonalDatum, ResourceVersion
from cnd.models.outbox import Cause, MailLane, Notice, NoticeText
from cnd.models.user import User

__all__ = [
    "ApiToken",
    "Cause",
    "Chain",
    "Checkpoint",
    "Heartbeat",
    "IdempotencyKey",
    "JournalEntry",
    "MailLane",
    "Notice",
    "NoticeText",
    "PersonalDatum",
    "ResourceVersion",
    "User",
]
