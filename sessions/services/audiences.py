"""The audiences of a session: who acts for which delegations, asked anew whenever something is told.

Only focal points of the delegations meant, whose accounts are active: nobody else's are ever told.
"""

from collections.abc import Callable, Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd.models import Chain, User
from cnd.outbox.kinds import Audience, Text, register_audience
from sessions.models import Delegation, Drawing, GeneralDebate, Inscription, ListVersion, MeetingSession, Rule

MEMBER_STATES_ONLY = [Delegation.Kind.MEMBER_STATE.value]


def focal_points(chain: Chain, delegations: Q) -> QuerySet[User]:
    """Return the active users who act for any of these delegations of the chain's session, each once."""
    concerned = Delegation.objects.filter(delegations, session__chain=chain)
    return User.objects.filter(is_active=True, memberships__delegation__in=concerned).distinct()


def _standing(*, own: bool = False) -> Exists:
    """Whether a delegation has a standing inscription; with `own`, one that is not on behalf of its group."""
    inscriptions = Inscription.objects.standing().filter(delegation=OuterRef("pk"))
    return Exists(inscriptions.exclude(statement=Inscription.Statement.GROUP) if own else inscriptions)


def waiting_codes(chain: Chain, group: str = "") -> list[str]:
    """Return the delegations on a group's waiting list as published last, or on any; none before the draw."""
    version = ListVersion.objects.filter(
        drawing__debate__session__chain=chain, drawing__state=Drawing.State.DRAWN
    ).last()
    queues = version.content["waiting"] if version else []
    return [code for queue in queues if group in ("", queue["group"]) for code in queue["delegations"]]


def organising_kinds(chain: Chain, scope: str = "") -> list[str]:
    """Return the kinds of delegations that may organise what a scope of the rule book is about, or anything."""
    rules = Rule.objects.filter(session__chain=chain, key="organisers", type=Rule.Type.LIST)
    lists = (rules.filter(scope=scope) if scope else rules).values_list("value", flat=True)
    return sorted({kind for kinds in lists for kind in kinds}) or MEMBER_STATES_ONLY


_MEANT: Mapping[str, Callable[[Chain, str], Q]] = {
    "delegations": lambda _chain, _which: Q(),
    "delegation": lambda _chain, code: Q(code=code),
    "group": lambda _chain, code: Q(group__code=code),
    "inscribed": lambda _chain, _which: Q(_standing()),
    "not-inscribed": lambda _chain, _which: Q(~_standing(own=True)),
    "waiting": lambda chain, group: Q(code__in=waiting_codes(chain, group)),
    "organisers": lambda chain, scope: Q(kind__in=organising_kinds(chain, scope)),
}
"""The delegations that an audience means; called with the chain and what stands behind the colon."""


def delegations_meant(chain: Chain, audience: str) -> QuerySet[Delegation]:
    """Return the delegations that an audience means, whether or not anybody acts for them; none for staff."""
    name, _colon, which = audience.partition(":")
    if name not in _MEANT:
        return Delegation.objects.none()
    return Delegation.objects.filter(_MEANT[name](chain, which), session__chain=chain).order_by("code")


def _audience(name: str, title: Text) -> Audience:
    return Audience(name, title, lambda chain, which: focal_points(chain, _MEANT[name](chain, which)))


AUDIENCES = (
    _audience("delegations", gettext_lazy("All delegations")),
    _audience("delegation", gettext_lazy("One delegation")),
    _audience("group", gettext_lazy("A regional group")),
    _audience("inscribed", gettext_lazy("Inscribed delegations")),
    _audience("not-inscribed", gettext_lazy("Delegations that have not inscribed")),
    _audience("waiting", gettext_lazy("Delegations on a waiting list")),
    _audience("organisers", gettext_lazy("Those who may organise side events")),
)


def register() -> None:
    """Make the audiences of a session known."""
    register_audience(*AUDIENCES)


def audience_of_rule(rule: Rule) -> str:
    """Return the audience whom a rule concerns; a rule that names none concerns all delegations."""
    if rule.audience == "organisers":
        return f"organisers:{rule.scope}"
    return rule.audience or "delegations"


def rule_concerns(rule: Rule, delegation: Delegation, organisers: Callable[[str], list[str]]) -> bool:
    """Tell whether a dated rule concerns a delegation; `organisers` gives the kinds that may organise in a scope."""
    if rule.audience == "organisers":
        return delegation.kind in organisers(rule.scope)
    return rule.audience in ("", "delegations")


def audiences_for_messages(session: MeetingSession) -> list[tuple[str, str]]:
    """Return whom staff may write to, as (value, title) in the reader's language; waiting lists after the draw only."""
    named = {audience.name: str(audience.title) for audience in AUDIENCES}
    offered = [(name, named[name]) for name in ("delegations", "inscribed", "not-inscribed", "organisers")]
    groups = list(session.groups.order_by("code"))
    offered += [(f"group:{group.code}", group.name) for group in groups]
    debate = GeneralDebate.objects.filter(session=session).first()
    if debate is not None and debate.drawings.filter(state=Drawing.State.DRAWN).exists():
        offered.append(("waiting", named["waiting"]))
        offered += [(f"waiting:{group.code}", _("Waiting list: %(group)s") % {"group": group.name}) for group in groups]
    offered += [
        (f"delegation:{delegation.code}", delegation.name) for delegation in session.delegations.order_by("code")
    ]
    return [*offered, ("secretariat", _("Secretariat"))]
