from cnd.models.heartbeat import Heartbeat
from cnd.models.journal import Chain, Checkpoint, JournalEntry, PersonalDatum, ResourceVersion
from cnd.models.user import User

__all__ = ["Chain", "Checkpoint", "Heartbeat", "JournalEntry", "PersonalDatum", "ResourceVersion", "User"]
