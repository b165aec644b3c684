"""Where a delegation stands and what it must do by when. Nobody else's delegation opens."""

from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property

from cnd.actors import Actor, actor_for
from cnd.models import User
from sessions.domain.rule_values import to_python
from sessions.models import Delegation, Drawing, Inscription, Rule
from sessions.views.delegation_reading import due_for_delegations, history_of, own_statements
from sessions.views.public import SessionPage, state_of

State = Drawing.State
Statement = Inscription.Statement


class OwnPage(SessionPage):
    """A page for whoever acts for a delegation of this session."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        response = super().dispatch(request, *args, **kwargs)
        # What a delegation sees must not stay on a shared computer, nor show a state of things that has passed.
        add_never_cache_headers(response)
        return response

    @property
    def actor(self) -> Actor:
        return actor_for(cast(User, self.request.user))

    @cached_property
    def delegations(self) -> list[Delegation]:
        """The delegations of this session for which the user acts."""
        own = Delegation.objects.represented_by(cast(int, self.request.user.pk))
        return list(own.filter(session=self.meeting_session).select_related("group").order_by("code"))

    @cached_property
    def delegation(self) -> Delegation | None:
        """The one of them that the address names. Anybody else's is as if there were none: 404."""
        found = next((each for each in self.delegations if each.code == self.kwargs["who"]), None)
        if found is None:
            raise Http404("no such delegation, or none of yours")
        return found

    @cached_property
    def drawings(self) -> list[Drawing]:
        """Every drawing, the latest first; announcement and proof are read where they are needed."""
        if self.debate is None:
            return []
        drawings = list(self.debate.drawings.order_by("-attempt").defer("announcement", "bundle"))
        for drawing in drawings:
            drawing.debate = self.debate
        return drawings

    @property
    def standing_drawing(self) -> Drawing | None:
        """The drawing on which the list rests or will rest."""
        return next((each for each in self.drawings if each.state in {State.ANNOUNCED, State.DRAWN}), None)

    @cached_property
    def rules(self) -> list[Rule]:
        return list(self.meeting_session.rules.all())

    def rule(self, name: str) -> Any:
        """Return the value of a rule, or None where the rule book has none."""
        return next((to_python(rule.type, rule.value) for rule in self.rules if rule.name == name), None)

    @property
    def is_open(self) -> bool:
        """Tell whether inscriptions are open by the session's own time."""
        opens, closes = self.rule("debate.inscription_opens"), self.rule("debate.inscription_closes")
        return bool(opens and closes and opens <= self.meeting_session.session_now < closes)


class DelegationPage(OwnPage):
    template_name = "sessions/delegation/delegation.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(delegation=self.delegation, delegations=self.delegations, **kwargs)
        if self.delegation is None or self.debate is None:
            return context
        session, drawing = self.meeting_session, self.standing_drawing
        draw_at = session.chain.to_session(drawing.draw_at) if drawing else self.rule("debate.draw_at")
        lengths = {
            rule.name: to_python(rule.type, rule.value) for rule in self.rules if rule.type == Rule.Type.DURATION
        }
        statements = own_statements(self.debate, self.delegation, drawing, lengths)
        standing = {each.inscription.statement for each in statements if not each.is_withdrawn}
        group = self.delegation.group
        return context | {
            "drawing": drawing,
            "drawing_state": state_of(drawing) if drawing else "",
            "draw_at": draw_at,
            "statements": statements,
            "is_open": self.is_open,
            "inscription": {
                "opens": self.rule("debate.inscription_opens"),
                "closes": self.rule("debate.inscription_closes"),
                "is_ahead": (self.rule("debate.inscription_opens") or session.session_now) > session.session_now,
            },
            "may_inscribe": self.is_open and standing <= {Statement.GROUP},
            "may_inscribe_group": self.is_open
            and group is not None
            and group.chair_id == self.delegation.pk
            and Statement.GROUP not in standing,
            "is_inscribed": bool(standing - {Statement.GROUP}),
            "may_undo": any(each.can_undo for each in statements),
            "due": due_for_delegations(self.rules, drawing, draw_at, session.session_now),
            "history": history_of(self.debate, self.delegation, self.drawings),
        }


class OwnDelegation(DelegationPage):
    """The page of the only delegation for which the user acts, or of the first; without any, what that means."""

    @cached_property
    def delegation(self) -> Delegation | None:
        return self.delegations[0] if self.delegations else None

    def get_template_names(self) -> list[str]:
        return [self.template_name if self.delegation else "sessions/delegation/none.html"]
