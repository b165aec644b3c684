"""Who acts: a user, the worker, someone at the command line, or the public without sign-in."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from cnd.errors import NotPermitted

if TYPE_CHECKING:
    from cnd.models import User


@dataclass(frozen=True)
class Actor:
    """The acting party of a decision. `reference` is what the journal hashes: never a name."""

    kind: str
    user: "User | None" = None

    @property
    def reference(self) -> str:
        return f"user:{self.user.pk}" if self.user else self.kind

    @property
    def is_secretariat(self) -> bool:
        """Staff of the secretariat, or a command on the server's own shell."""
        if self.user:
            return self.user.is_active and self.user.is_secretariat
        return self.kind == "command"


WORKER = Actor("worker")
COMMAND = Actor("command")
PUBLIC = Actor("public")


def actor_for(user: "User") -> Actor:
    """Return the actor that a signed-in user is."""
    return Actor("user", user)


def require_secretariat(actor: Actor) -> None:
    """Raise NotPermitted unless the actor is staff of the secretariat."""
    if not actor.is_secretariat:
        raise NotPermitted("secretariat_only", _("Only staff of the secretariat may do this."))
