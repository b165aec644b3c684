"""Who was told what: causes and notices of a session as tests compare them."""

from datetime import datetime, timedelta

from cnd.models import Cause, Notice, User
from cnd.outbox import telling
from cnd.outbox.texts import word
from sessions.models import Delegation, MeetingSession, Membership
from tests.sessions.scenes import VIENNA

NEW_YEAR = datetime(2024, 1, 2, 9, tzinfo=VIENNA)
CLOSES = datetime(2024, 2, 26, 18, tzinfo=VIENNA)
DAY, H = timedelta(days=1), timedelta(hours=1)


def vienna(*moment: int) -> datetime:
    """Return a moment by Vienna's clocks."""
    return datetime(*moment, tzinfo=VIENNA)  # type: ignore[arg-type,misc]


def name_of(session: MeetingSession, code: str) -> str:
    """Return the name of a delegation's only focal point."""
    username: str = session.delegations.get(code=code).memberships.get().user.username
    return username


def causes(session: MeetingSession, prefix: str = "", **filters: object) -> list[Cause]:
    """Return the causes of a session whose keys begin so, in order of their making."""
    of_session = Cause.objects.filter(chain=session.chain_id, key__startswith=prefix, **filters)
    return list(of_session.select_related("chain").order_by("pk"))


def planned(session: MeetingSession, rule: str = "") -> dict[str, datetime]:
    """Return when the clock will tell what of a rule: the keys still waiting."""
    waiting = causes(session, f"deadline:{rule}", state=Cause.State.WAITING)
    return {cause.key.removeprefix("deadline:"): cause.due_at for cause in waiting}


def told(session: MeetingSession, kind: str) -> list[tuple[str, str]]:
    """Return to whom a kind of notice went and over which channel, each time."""
    notices = Notice.objects.filter(cause__chain=session.chain_id, cause__kind=kind).order_by("cause", "pk")
    return [(notice.recipient.username, notice.channel) for notice in notices.select_related("recipient")]


def readers(session: MeetingSession, kind: str) -> list[str]:
    """Return who was told a kind of notice, each once."""
    return sorted({name for name, _channel in told(session, kind)})


def words(session: MeetingSession, kind: str, user: User) -> tuple[str, str]:
    """Return subject and text of the latest notice of a kind to a user, every placeholder filled."""
    notice = (
        Notice.objects.filter(cause__chain=session.chain_id, cause__kind=kind, recipient=user).order_by("pk").last()
    )
    assert notice is not None, f"{user} was told nothing of the kind {kind}"
    worded = word(notice.cause, user)
    assert "{" not in worded.subject + worded.body
    return worded.subject, worded.body


def sweep() -> None:
    """Let fall due what is."""
    telling.fall_due()


def reader(session: MeetingSession, code: str, **facts: object) -> User:
    """Return another focal point of a delegation, with an address and whatever else is given."""
    number = User.objects.count()
    user = User.objects.create(
        username=f"reader-{code.lower()}-{number}",
        email=f"reader{number}@example.org",
        role=User.Role.DELEGATION,
        **facts,
    )
    Membership.objects.create(user=user, delegation=Delegation.objects.get(session=session, code=code))
    return user
