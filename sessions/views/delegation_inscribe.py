"""A delegation inscribes itself, or the group that it chairs."""

from typing import Any, cast

from django.http import Http404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.arrival import arrival_of
from cnd.errors import DomainError
from sessions.forms.delegation import GROUP, OWN, OwnInscriptionForm
from sessions.models import Delegation, GeneralDebate, Inscription
from sessions.services.inscriptions import inscribe
from sessions.views.delegation_actions import OwnAction, asked_by, content_of

Statement = Inscription.Statement


class Inscribe(OwnAction):
    """The own statement, or that of the group which the delegation chairs, in one form."""

    template_name = "sessions/delegation/inscribe.html"

    def prepare(self) -> None:
        super().prepare()
        if self.debate is None:
            raise Http404("no general debate")

    @cached_property
    def is_chair(self) -> bool:
        delegation = cast(Delegation, self.delegation)
        return delegation.group is not None and delegation.group.chair_id == delegation.pk

    @cached_property
    def standing(self) -> dict[str, Inscription]:
        """What is inscribed already, by what the form calls it; the group's by whomever it is."""
        debate, delegation = cast(GeneralDebate, self.debate), cast(Delegation, self.delegation)
        own = debate.inscriptions.standing().filter(delegation=delegation).select_related("speaker")
        return {GROUP if each.statement == Statement.GROUP else OWN: each for each in own}

    @property
    def statements(self) -> dict[str, str]:
        """Everything that one can be inscribed for, as the form calls it."""
        group = cast(Delegation, self.delegation).group
        on_behalf = _("%(group)s, which we chair") % {"group": group.name} if group else _("A regional group")
        return {OWN: _("Our own delegation"), GROUP: on_behalf}

    @property
    def offered(self) -> list[str]:
        """What of it is this delegation's to make, and not inscribed yet."""
        possible = [OWN, GROUP] if self.is_chair else [OWN]
        return [name for name in possible if name not in self.standing]

    def pointless(self) -> str:
        if self.offered:
            return ""
        receipts = " · ".join(str(each.receipt_number) for each in self.standing.values())
        return _("You are inscribed already, under receipt %(n)s.") % {"n": receipts}

    def make_form(self, *args: Any, **kwargs: Any) -> OwnInscriptionForm:
        return OwnInscriptionForm(*args, statements=self.statements, offered=self.offered, **kwargs)

    def initial(self) -> dict[str, Any]:
        wanted = self.request.GET.get("for", OWN)
        return {"statement": wanted if wanted in self.offered else self.offered[0]}

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Inscribe on the list of speakers"),
            "submit": _("Inscribe"),
            "intro": _("You get a receipt with number and time. Level and speaker can be changed later."),
            "is_open": self.is_open,
            "opens": self.rule("debate.inscription_opens"),
            "closes": self.rule("debate.inscription_closes"),
            "behalf": self.statements[GROUP] if self.offered == [GROUP] else "",
            "contacts": self.contacts,
        }

    def perform(self, form: Any) -> str:
        given = form.cleaned_data
        made = inscribe(
            debate=cast(GeneralDebate, self.debate),
            delegation=cast(Delegation, self.delegation),
            statement=Statement.GROUP.value if form.chosen == GROUP else "",
            level=given["level"],
            speaker_name=given["speaker_name"],
            speaker_title=given["speaker_title"],
            actor=self.actor,
            arrived_at=arrival_of(self.request),
        )
        return _("You are inscribed, under receipt %(n)d.") % {"n": made.receipt_number}

    def repeated(self, form: Any, fault: DomainError) -> str:
        """Take a second click, or a form sent again, for the first one: the very same is inscribed."""
        del self.standing  # it was read before whoever clicked first was done
        made = self.standing.get(form.chosen)
        if fault.code != "already_inscribed" or made is None:
            return ""
        if content_of(made) != asked_by(form):
            return ""
        return _("You are inscribed already, under receipt %(n)s.") % {"n": made.receipt_number}
