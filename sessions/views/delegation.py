"""Where a delegation stands and what it must do by when. Nobody else's delegation opens."""

from datetime import datetime
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property

from cnd.actors import Actor, actor_for
from cnd.inbox_views import Shown, all_shown
from cnd.models import Notice, User
from sessions.domain.contacts import Contact
from sessions.domain.rule_values import to_python
from sessions.models import Delegation, Drawing, Inscription, Membership, Rule
from sessions.services.deadlines import deadlines_for
from sessions.services.visits import note_visit
from sessions.views.delegation_reading import due_of, history_of, own_statements
from sessions.views.public import SessionPage, contacts_of, state_of
from sessions.views.surroundings import Due, due_around, panels_of

NOTICES = 3
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
    def memberships(self) -> list[Membership]:
        """For which delegations of this session the user acts."""
        own = Membership.objects.filter(user=self.request.user.pk, delegation__session=self.meeting_session)
        return list(own.select_related("delegation__group").order_by("delegation__code"))

    @property
    def delegations(self) -> list[Delegation]:
        return [each.delegation for each in self.memberships]

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
        return list(self.meeting_session.rules.prefetch_related("corrections"))

    def rule(self, name: str) -> Any:
        """Return the value of a rule, or None where the rule book has none."""
        return next((to_python(rule.type, rule.value) for rule in self.rules if rule.name == name), None)

    @property
    def contacts(self) -> list[Contact]:
        return contacts_of(self.rules)

    @property
    def is_open(self) -> bool:
        """Tell whether inscriptions are open by the session's own time."""
        opens, closes = self.rule("debate.inscription_opens"), self.rule("debate.inscription_closes")
        return bool(opens and closes and opens <= self.meeting_session.session_now < closes)


class DelegationPage(OwnPage):
    template_name = "sessions/delegation/delegation.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(
            delegation=self.delegation, delegations=self.delegations, contacts=self.contacts, **kwargs
        )
        if self.delegation is None:
            return context
        since = self.since()
        context |= {
            "since": since,
            "notices": self.notices(since),
            "panels": panels_of(self.meeting_session, self.delegation),
        }
        context |= self._of_debate(since) if self.debate else {"due": self._due()}
        return context | {"next": next((each for each in context["due"] if not each.is_done), None)}

    def since(self) -> datetime | None:
        """Note the visit and return since when things are new to this reader, in session time."""
        membership = next(each for each in self.memberships if each.delegation == self.delegation)
        is_looked_at = self.request.method == "GET" and not is_fetched_ahead(self.request)
        previous = note_visit(membership=membership, actor=self.actor) if is_looked_at else membership.previous_visit_at
        return self.meeting_session.chain.to_session(previous) if previous else None

    def notices(self, since: datetime | None) -> list[tuple[Shown, bool]]:
        """Return the latest unread notices of this session, and of each whether it is new since the last visit."""
        user, session = cast(User, self.request.user), self.meeting_session
        latest = Notice.objects.inbox(user).filter(cause__chain=session.chain_id, read_at__isnull=True)
        session.chain.meeting_session = session
        worded = all_shown(latest.select_related("cause__chain")[:NOTICES], user, {session.chain_id: session.chain})
        # By the real time: however late it was told, it was told since.
        known_until = session.chain.to_real(since) if since else None
        return [(each, known_until is not None and each.notice.created_at > known_until) for each in worded]

    def _due(self, *, is_inscribed: bool = False) -> list[Due]:
        session, drawing = self.meeting_session, self.standing_drawing
        deadlines = deadlines_for(session, self.delegation, rules=self.rules, now=session.session_now)
        is_drawn = drawing is not None and drawing.state == State.DRAWN
        due = due_of(deadlines, is_inscribed=is_inscribed, is_drawn=is_drawn)
        if self.delegation is not None:
            due += due_around(session, self.delegation)
        return sorted(due, key=lambda each: each.at)

    def _of_debate(self, since: datetime | None) -> dict[str, Any]:
        assert self.debate is not None
        assert self.delegation is not None
        session, drawing = self.meeting_session, self.standing_drawing
        lengths = {
            rule.name: to_python(rule.type, rule.value) for rule in self.rules if rule.type == Rule.Type.DURATION
        }
        statements = own_statements(self.debate, self.delegation, drawing, lengths)
        standing = {each.inscription.statement for each in statements if not each.is_withdrawn}
        has_own, group = bool(standing - {Statement.GROUP}), self.delegation.group
        is_chair = group is not None and group.chair_id == self.delegation.pk
        history = history_of(self.debate, self.delegation, self.drawings)
        opens, closes = self.rule("debate.inscription_opens"), self.rule("debate.inscription_closes")
        return {
            "drawing": drawing,
            "drawing_state": state_of(drawing) if drawing else "",
            "statements": statements,
            "inscription": {"opens": opens, "closes": closes, "is_ahead": bool(opens and opens > session.session_now)},
            "is_open": self.is_open,
            "may_inscribe": self.is_open and not has_own,
            "may_inscribe_group": self.is_open and is_chair and Statement.GROUP not in standing,
            "is_inscribed": has_own,
            "may_undo": any(each.can_undo for each in statements),
            "unnamed": [each.inscription for each in statements if each.lacks_speaker],
            "due": self._due(is_inscribed=has_own and not (is_chair and Statement.GROUP not in standing)),
            "history": history,
            "count_new": sum(since is not None and each.at > since for each in history),
        }


def is_fetched_ahead(request: HttpRequest) -> bool:
    """Tell whether a browser or a script asked for the page without anybody looking at it."""
    purposes = " ".join(request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    is_page = request.headers.get("Sec-Fetch-Dest", "document") == "document"
    return not is_page or "prefetch" in purposes or "preview" in purposes


class OwnDelegation(DelegationPage):
    """The page of the only delegation for which the user acts, or of the first; without any, what that means."""

    @cached_property
    def delegation(self) -> Delegation | None:
        return self.delegations[0] if self.delegations else None

    def get_template_names(self) -> list[str]:
        return [self.template_name if self.delegation else "sessions/delegation/none.html"]
