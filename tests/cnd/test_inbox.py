"""The portal's inbox: what a reader was told in every session, in their page's language, read and unread."""

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cnd.models import Cause, Chain, Notice, User
from cnd.outbox import kinds
from cnd.outbox.kinds import register_kind
from cnd.outbox.telling import tell
from tests.cnd.letters import BROKEN, KINDS, OPTIONAL, PLAIN, reader

pytestmark = pytest.mark.django_db

INBOX = "/account/inbox/"


@pytest.fixture(autouse=True)
def _kinds_of_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    register_kind(*KINDS)


@pytest.fixture
def chain() -> Chain:
    return Chain.objects.create(code="cnd67")


def put(chain: Chain, user: User, key: str, kind: str = PLAIN.code, **more: Any) -> Notice:
    """Tell a reader something and return what stands in their inbox."""
    cause = tell(chain=chain, kind=kind, key=key, audience=f"user:{user.pk}", **more)
    return cause.notices.get(recipient=user, channel=Notice.Channel.PORTAL)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def subjects(answer: Any) -> list[str]:
    return [each.subject for each in answer.context["shown"]]


def read_at(notice: Notice) -> Any:
    notice.refresh_from_db()
    return notice.read_at


def counted(answer: Any) -> list[str]:
    """Return the numbers of unread notices that the page's head shows."""
    return re.findall(r'menu-count"><span class="visually-hidden">[^<]*</span>(\d+)<', answer.content.decode())


def test_whoever_is_not_signed_in_is_asked_to(client: Client) -> None:
    for address in (INBOX, f"{INBOX}1/", f"{INBOX}read/"):
        for answer in (client.get(address), client.post(address)):
            assert answer["Location"] == f"{reverse('login')}?next={address}"


def test_an_empty_inbox_says_what_it_is_for() -> None:
    page = signed_in(reader()).get(INBOX)
    assert "No notices yet" in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_notices_of_all_sessions_stand_there_newest_first(chain: Chain) -> None:
    user = reader()
    put(chain, user, "one", context={"thing": "the first"})
    put(Chain.objects.create(code="cnd68"), user, "two", context={"thing": "the second"})
    assert subjects(signed_in(user).get(INBOX)) == ["the second, Reader", "the first, Reader"]


def test_nothing_of_anybody_else_and_no_mail_stands_there(chain: Chain) -> None:
    user, other = reader(), reader("other", channels=User.Channels.EMAIL)
    put(chain, user, "one")
    tell(chain=chain, kind=PLAIN.code, key="two", audience=f"user:{other.pk}")
    assert (len(subjects(signed_in(user).get(INBOX))), subjects(signed_in(other).get(INBOX))) == (1, [])


def test_a_text_is_shown_as_text(chain: Chain) -> None:
    user = reader()
    put(chain, user, "one", context={"thing": "<b>bold</b>"})
    page = signed_in(user).get(INBOX).content.decode()
    assert "<b>bold</b>" not in page
    assert html.escape("<b>bold</b>") in page


def test_the_page_of_a_notice_is_linked_once(chain: Chain) -> None:
    user = reader()
    put(chain, user, "names the address itself")
    put(chain, user, "does not", kind=OPTIONAL.code)
    assert [each.link for each in signed_in(user).get(INBOX).context["shown"]] == ["/sign-in/", ""]


def test_a_notice_comes_in_the_language_of_the_page(chain: Chain) -> None:
    user = reader(language="fr")
    chain.notice_texts.create(kind=PLAIN.code, language="es", subject="Noticia", body="Texto")
    put(chain, user, "one")
    client = signed_in(user)
    client.cookies["django_language"] = "es"
    assert subjects(client.get(INBOX)) == ["Noticia"]


def test_a_notice_of_a_rehearsal_is_marked_as_one(chain: Chain) -> None:
    user = reader()
    put(chain, user, "in earnest")
    put(Chain.objects.create(code="cnd68", is_rehearsal=True), user, "rehearsed")
    page = signed_in(user).get(INBOX)
    assert [each.is_rehearsal for each in page.context["shown"]] == [True, False]
    assert page.content.decode().count("chip-rehearsal") == 1


def test_a_notice_that_cannot_be_worded_keeps_nobody_from_the_others(chain: Chain) -> None:
    user = reader()
    put(chain, user, "good")
    put(chain, user, "broken", BROKEN.code)
    gone = put(chain, user, "gone")
    Cause.objects.filter(pk=gone.cause_id).update(kind="no_longer_known")
    page = signed_in(user).get(INBOX)
    assert subjects(page) == ["no_longer_known", "Something happened", "the inscription, Reader"]
    assert "secret.example.org" not in page.content.decode()


def test_a_notice_keeps_its_time_when_the_clock_of_a_rehearsal_leaps(chain: Chain) -> None:
    user = reader()
    cause = put(chain, user, "one").cause
    Chain.objects.filter(pk=chain.pk).update(is_rehearsal=True, clock_offset_s=21 * 86_400)
    assert [each.at for each in signed_in(user).get(INBOX).context["shown"]] == [cause.due_at]


def test_looking_marks_nothing_as_read(chain: Chain) -> None:
    user = reader()
    notice = put(chain, user, "one")
    client = signed_in(user)
    client.get(INBOX)
    assert counted(client.get(INBOX)) == ["1", "1"]
    assert read_at(notice) is None


def test_one_notice_is_marked_as_read_and_as_unread_again(chain: Chain) -> None:
    user = reader()
    notice, other = put(chain, user, "one"), put(chain, user, "two")
    client = signed_in(user)
    answer = client.post(f"{INBOX}{notice.pk}/", {"as": "read", "page": "1"})
    assert answer["Location"] == f"{INBOX}?page=1#notice-{notice.pk}"
    first = read_at(notice)
    client.post(f"{INBOX}{notice.pk}/", {"as": "read"})
    assert (read_at(notice), read_at(other)) == (first, None)
    assert first is not None
    client.post(f"{INBOX}{notice.pk}/", {"as": "unread"})
    assert read_at(notice) is None


@pytest.mark.parametrize("wanted", ["read", "unread"])
def test_somebody_elses_notice_is_as_if_there_were_none(chain: Chain, wanted: str) -> None:
    theirs = put(chain, reader("other"), "one")
    Notice.objects.filter(pk=theirs.pk).update(read_at=theirs.sent_at if wanted == "unread" else None)
    before = read_at(theirs)
    client = signed_in(reader())
    answers = [client.post(f"{INBOX}{pk}/", {"as": wanted}).status_code for pk in (theirs.pk, 999_999, 10**30)]
    assert answers == [404, 404, 404]
    assert read_at(theirs) == before


def test_a_mail_of_ones_own_cannot_be_marked(chain: Chain) -> None:
    user = reader()
    mail = put(chain, user, "one").cause.notices.get(channel=Notice.Channel.EMAIL)
    assert signed_in(user).post(f"{INBOX}{mail.pk}/", {"as": "read"}).status_code == 404


def test_all_are_marked_but_those_that_came_since(chain: Chain) -> None:
    user = reader()
    seen, theirs = put(chain, user, "one"), put(chain, reader("other"), "two")
    client = signed_in(user)
    newest = client.get(INBOX).context["newest"]
    late = put(chain, user, "three")
    answer = client.post(f"{INBOX}read/", {"up_to": newest}, follow=True)
    assert "1 notice marked as read." in answer.content.decode()
    assert read_at(seen) is not None
    assert (read_at(late), read_at(theirs)) == (None, None)
    assert counted(answer) == ["1", "1"]


@pytest.mark.parametrize("up_to", ["", "x", "-1", "٣", "1e9"])
def test_a_number_that_is_none_marks_nothing(chain: Chain, up_to: str) -> None:
    user = reader()
    notice = put(chain, user, "one")
    assert signed_in(user).post(f"{INBOX}read/", {"up_to": up_to}).status_code == 302
    assert read_at(notice) is None


def test_marking_needs_a_form(chain: Chain) -> None:
    user = reader()
    notice = put(chain, user, "one")
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.get(f"{INBOX}{notice.pk}/").status_code == 405
    assert client.post(f"{INBOX}{notice.pk}/", {"as": "read"}).status_code == 403
    assert read_at(notice) is None


def test_pages_are_bounded_and_their_cost_is_that_of_a_page(chain: Chain) -> None:
    user = reader()
    for number in range(16):
        put(chain, user, str(number))
    client = signed_in(user)
    client.get(INBOX)
    with CaptureQueriesContext(connection) as few:
        assert len(subjects(client.get(INBOX))) == 15
    for number in range(16, 40):
        put(chain, user, str(number))
    with CaptureQueriesContext(connection) as many:
        assert len(subjects(client.get(INBOX))) == 15
    assert len(many) == len(few)
    assert [len(subjects(client.get(f"{INBOX}?page={page}"))) for page in ("3", "99", "x")] == [10, 10, 15]


def test_a_page_asks_once_how_many_are_unread_and_only_for_whoever_is_signed_in(client: Client, chain: Chain) -> None:
    def asked(who: Client) -> int:
        with CaptureQueriesContext(connection) as captured:
            who.get("/account/preferences/")
        return sum("cnd_notice" in each["sql"] for each in captured)

    assert (asked(client), asked(signed_in(reader()))) == (0, 1)
