"""Many delegations at one moment: their focal points with a token each, and their complete drafts, made in bulk."""

import uuid
from datetime import timedelta

from cnd import clock, tokens
from cnd.models import ApiToken, User
from logistics.models import Application
from sessions.models import Delegation, MeetingSession, Membership
from tests.logistics.windows import drafted, kind_of
from tests.sessions.scenes import correct

ORGANISERS = 400


def crowd(session: MeetingSession) -> list[Delegation]:
    """Return as many delegations as there are organisers: all Member States, and organisations."""
    correct(session, "side-event-high-level.organisers", ["member_state", "ngo"])
    states = list(Delegation.objects.filter(session=session, kind="member_state").exclude(code="KE"))
    more = [
        Delegation(session=session, code=f"NGO{number}", kind="ngo", names={"en": f"Organisation {number}"})
        for number in range(ORGANISERS - len(states))
    ]
    Delegation.objects.bulk_create(more)
    return [*states, *more]


def tokens_for(delegations: list[Delegation], *scopes: str) -> dict[int, str]:
    """Give each delegation a focal point with a token; return the tokens' texts."""
    users = User.objects.bulk_create(
        User(username=f"focal-{each.code}", role=User.Role.DELEGATION, password="!") for each in delegations
    )
    Membership.objects.bulk_create(
        Membership(user=user, delegation=each) for user, each in zip(users, delegations, strict=True)
    )
    now = clock.now()
    texts = {}
    made = []
    for number, (user, each) in enumerate(zip(users, delegations, strict=True)):
        texts[each.pk] = text = f"cnd_{number:08d}_{uuid.uuid4().hex}{'x' * 11}"
        assert tokens.SHAPE.fullmatch(text), tokens.SHAPE.pattern
        made.append(
            ApiToken(
                user=user,
                name="rush",
                prefix=text[:12],
                hash=tokens.hash_of(text),
                scopes=list(scopes) or ["applications:write"],
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
        )
    ApiToken.objects.bulk_create(made)
    return texts


def drafts_of(session: MeetingSession, delegations: list[Delegation]) -> list[Application]:
    """Have each of these delegations have a complete draft; all say the same."""
    model = drafted(session, delegations[0].code, cosponsors=[])
    copied = {name: getattr(model, name) for name in ("title", "abstract", "theme", "form", "attendance", "length_min")}
    kind = kind_of(session)
    return Application.objects.bulk_create(
        Application(
            kind=kind,
            organiser=each,
            created_at=model.created_at,
            contact=model.contact,
            speakers=model.speakers,
            **copied,
        )
        for each in delegations
    )
