"""The secretariat's page of people: who is shown, inviting by form and by file, sending again, revoking."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cnd import clock, journal
from cnd.actors import COMMAND
from cnd.errors import Invalid, NotPermitted
from cnd.models import Chain, JournalEntry, Notice, User
from cnd.users import change_user, system_chain
from sessions.models import Invitation, MeetingSession, Membership
from sessions.services.invitations import accept_invitation, invite, path_of
from sessions.services.people_import import import_people, read_people
from tests.sessions.invited import meeting
from tests.sessions.scenes import as_focal_point, as_officer, focal_point, officer, state
from tests.sessions.staff_pages import hidden, signed_in, text_of, told, url
from tests.threads import at_once

HEADER = "delegation,name,email,language\n"

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> MeetingSession:
    return meeting()


def rows(*lines: str) -> str:
    return HEADER + "\n".join(lines) + "\n"


def opened(session: MeetingSession, code: str = "KE", email: str = "one@example.org") -> Invitation:
    made = invite(delegation=state(session, code), name="One", email=email, language="en", actor=as_officer())
    assert made.invitation is not None
    return made.invitation


def shown(**asked: str) -> str:
    return text_of(signed_in().get(url("people"), asked))


# --- who is shown ---------------------------------------------------------------------------------------------------


def test_the_page_shows_who_has_access_and_who_is_invited_until_when(session: MeetingSession) -> None:
    user = focal_point(session, "AT")
    change_user(user=user, actor=COMMAND, first_name="Anna", last_name="Berger", email="anna@example.org")
    opened(session, "AT")

    page = shown(q="AT")

    assert "One person acts for a delegation; invited and not come yet: 1." in page
    assert all(part in page for part in ("Anna Berger", "anna@example.org", "one@example.org", "valid until"))


def test_an_invitation_that_is_too_old_says_so(session: MeetingSession) -> None:
    opened(session)

    with time_machine.travel(clock.now() + timedelta(hours=73), tick=True):
        assert "too old" in shown(q="KE")


def test_what_was_accepted_or_revoked_is_no_invitation_any_more(session: MeetingSession) -> None:
    invitation = opened(session)
    token = path_of(invitation).rstrip("/").rpartition("/")[2]
    accept_invitation(invitation=invitation, token=token, password="a long password 7")

    assert "valid until" not in shown(q="KE")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"having": "nobody"}, ["BR", "KE"]),
        ({"having": "invited"}, ["KE"]),
        ({"having": "access"}, ["AT"]),
        ({"having": "invited", "q": "austria"}, []),
        ({"having": "rubbish", "q": "kenya"}, ["KE"]),
    ],
)
def test_delegations_are_found_by_who_acts_for_them(
    session: MeetingSession, asked: dict[str, str], found: list[str]
) -> None:
    focal_point(session, "AT")
    opened(session)
    closed = focal_point(session, "BR")
    change_user(user=closed, actor=COMMAND, is_active=False)

    page = signed_in().get(url("people"), {**asked, "group": ""})

    codes = [each.code for each in page.context["page_obj"].paginator.object_list]
    assert [code for code in codes if code in {"AT", "BR", "KE"}] == found


def test_the_page_costs_the_same_for_one_as_for_many() -> None:
    session = meeting(more=4)

    def cost() -> int:
        client = signed_in()
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url("people")).status_code == 200
        return len(asked)

    focal_point(session, "X0")
    opened(session, "X0")
    few = cost()
    for number, code in enumerate(("X1", "X2", "X3", "AT", "BR")):
        focal_point(session, code)
        opened(session, code, f"{number}@example.org")

    assert cost() == few


def test_the_pages_are_turned() -> None:
    meeting(more=60)

    first, second = (signed_in().get(url("people"), {"page": str(number)}) for number in (1, 2))

    seen = [[each.code for each in page.context["page_obj"]] for page in (first, second)]
    assert (len(seen[0]), set(seen[0]) & set(seen[1])) == (50, set())


# --- one by one -----------------------------------------------------------------------------------------------------


def send(**facts: str) -> Any:
    given = {"delegation": "KE", "name": "Wanjiku Kamau", "email": "w@example.org", "language": "fr", **facts}
    return signed_in().post(url("people-invite"), given)


def test_the_form_invites(session: MeetingSession) -> None:
    answer = send()

    assert answer["Location"] == url("people")
    assert told(answer) == ["A link is on its way to w@example.org, to act for Kenya."]
    assert User.objects.get(email="w@example.org").language == "fr"
    assert Notice.objects.count() == 1


def test_the_form_knows_for_whom_one_came(session: MeetingSession) -> None:
    page = signed_in().get(url("people-invite"), {"delegation": "KE"})

    assert '<option value="KE" selected>' in page.content.decode()


@pytest.mark.parametrize("facts", [{"delegation": "XX"}, {"email": "nowhere"}, {"name": ""}, {"language": "xx"}])
def test_a_fault_stands_beside_its_field(session: MeetingSession, facts: dict[str, str]) -> None:
    answer = send(**facts)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, list(facts))
    assert not Invitation.objects.exists()


def test_what_the_service_refuses_is_told(session: MeetingSession) -> None:
    change_user(user=officer("one"), actor=COMMAND, email="staff@example.org")

    answer = send(email="staff@example.org")

    assert answer.status_code == 409
    assert "belongs to an account of the secretariat" in text_of(answer)


def test_a_button_sends_another_link(session: MeetingSession) -> None:
    invitation = opened(session)
    before = path_of(invitation)

    answer = signed_in().post(url("invitation-resend", invitation.pk))

    invitation.refresh_from_db()
    assert (answer["Location"], invitation.times_sent) == (url("people"), 2)
    assert path_of(invitation) != before


def test_a_button_withdraws_the_link(session: MeetingSession) -> None:
    invitation = opened(session)

    signed_in().post(url("invitation-revoke", invitation.pk))
    answer = signed_in().post(url("invitation-resend", invitation.pk))

    invitation.refresh_from_db()
    assert invitation.revoked_at is not None
    assert told(answer) == ["This invitation was withdrawn. Ask the secretariat."]


def test_access_is_revoked_with_a_reason(session: MeetingSession) -> None:
    focal_point(session, "KE")
    membership = Membership.objects.get()
    page = signed_in().get(url("membership-revoke", membership.pk))

    signed_in().post(url("membership-revoke", membership.pk), {"reason": "left the mission"})

    assert "acts for Kenya no longer" in text_of(page)
    assert not Membership.objects.exists()
    entry = JournalEntry.objects.filter(chain__code=journal.SYSTEM).latest("number")
    assert (entry.action, entry.reason) == ("revoke_membership", "left the mission")


def test_what_is_of_another_session_is_not_found(session: MeetingSession) -> None:
    invitation = opened(session)
    MeetingSession.objects.create(code="other", chain=Chain.objects.create(code="other"), time_zone="Europe/Vienna")

    assert signed_in().post(f"/other/staff/people/invitations/{invitation.pk}/revoke/").status_code == 404
    assert Invitation.objects.get().revoked_at is None


# --- from a file ----------------------------------------------------------------------------------------------------


def test_a_file_says_what_it_would_do(session: MeetingSession) -> None:
    user = focal_point(session, "AT")
    change_user(user=user, actor=COMMAND, email="anna@example.org")
    text = rows("AT,Anna,anna@example.org,en", "KE,Anna,ANNA@example.org,", "KE,New,new@example.org,fr")

    preview = read_people(session, text)

    told_of = [(row.delegation.code, row.email, row.language, row.is_known, row.has_account) for row in preview.rows]
    assert told_of == [
        ("AT", "anna@example.org", "en", True, True),
        ("KE", "anna@example.org", "en", False, True),
        ("KE", "new@example.org", "fr", False, False),
    ]


def test_every_faulty_row_is_named(session: MeetingSession) -> None:
    change_user(user=officer("one"), actor=COMMAND, email="staff@example.org")
    text = rows(
        "XX,A,a@example.org,en",
        "KE,,b@example.org,en",
        "KE,C,nowhere,en",
        "KE,D,d@example.org,xx",
        "KE,E,staff@example.org,en",
        "KE,F,f@example.org",
        "KE,G,g@example.org,en",
        "KE,G,G@example.org,en",
    )

    faults = read_people(session, text).faults

    assert [(fault.line, fault.column) for fault in faults] == [
        (2, "delegation"), (3, "name"), (4, "email"), (5, "language"), (6, "email"), (7, ""), (9, "")]  # fmt: skip


@pytest.mark.parametrize("text", ["", "delegation,name\nKE,A\n", "delegation,name,email,email\n", 'a"b\n"'])
def test_a_file_without_its_columns_is_one_fault_and_no_row(session: MeetingSession, text: str) -> None:
    preview = read_people(session, text)

    assert (bool(preview.faults), preview.rows) == (True, [])


def test_the_whole_file_is_one_entry(session: MeetingSession) -> None:
    text = rows("KE,One,one@example.org,en", "AT,One,one@example.org,en", "KE,Two,two@example.org,ar")

    assert import_people(session=session, text=text, actor=as_officer()) == 3

    assert (User.objects.filter(is_active=False).count(), Invitation.objects.count(), Notice.objects.count()) == (
        2,
        3,
        3,
    )
    (entry,) = JournalEntry.objects.filter(chain__code=journal.SYSTEM)
    assert entry.action == "import_people"
    assert "example.org" not in str(entry.changes)
    assert journal.verify(system_chain()) == 1


def test_a_second_time_it_changes_nothing(session: MeetingSession) -> None:
    text = rows("KE,One,one@example.org,en")
    import_people(session=session, text=text, actor=as_officer())

    assert import_people(session=session, text=text, actor=as_officer()) == 0
    assert Invitation.objects.get().times_sent == 1


@pytest.mark.django_db(transaction=True)
def test_a_file_sent_twice_at_once_and_upside_down_invites_everybody_once(session: MeetingSession) -> None:
    lines = [f"{code},{code} {n},{code.lower()}{n}@example.org,en" for n in range(4) for code in ("AT", "BR", "KE")]
    actor = as_officer()

    outcomes = at_once(
        lambda: import_people(session=session, text=rows(*lines), actor=actor),
        lambda: import_people(session=session, text=rows(*reversed(lines)), actor=actor),
    )

    assert sorted(map(str, outcomes)) == ["0", "12"]
    assert set(Invitation.objects.values_list("times_sent", flat=True)) == {1}
    assert Notice.objects.filter(cause__kind="invitation").count() == 12


def test_one_faulty_row_and_nobody_is_invited(session: MeetingSession) -> None:
    with pytest.raises(Invalid) as refusal:
        import_people(
            session=session, text=rows("KE,One,one@example.org,en", "XX,Two,two@example.org,en"), actor=COMMAND
        )

    assert refusal.value.fields["file"] == ["line 3, delegation: No delegation has the code “XX”."]
    assert (User.objects.count(), Notice.objects.count()) == (0, 0)


def test_a_focal_point_imports_nobody(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        import_people(session=session, text=rows("KE,A,a@example.org,en"), actor=as_focal_point(session, "KE"))


def test_the_page_previews_and_then_invites_exactly_that(session: MeetingSession) -> None:
    client = signed_in()
    file = SimpleUploadedFile("people.csv", rows("KE,One,one@example.org,en").encode("utf-8-sig"))
    preview = client.post(url("people-import"), {"file": file, "text": ""})
    assert (preview.status_code, Invitation.objects.count()) == (200, 0)
    assert "Invite one person" in text_of(preview)

    answer = client.post(url("people-import"), {"previewed": hidden(preview, "previewed")})

    assert told(answer) == ["1 person was invited."]
    assert Invitation.objects.get().user.email == "one@example.org"


def test_the_page_names_the_faults_and_offers_nothing(session: MeetingSession) -> None:
    answer = signed_in().post(url("people-import"), {"text": rows("XX,A,a@example.org,en", "KE,B,nowhere,en")})

    assert answer.status_code == 422
    assert all(part in text_of(answer) for part in ("Line 2", "Line 3", "No delegation has the code"))
    assert 'name="previewed"' not in answer.content.decode()


def test_what_was_not_previewed_is_not_imported(session: MeetingSession) -> None:
    client = signed_in()
    preview = client.post(url("people-import"), {"text": rows("KE,One,one@example.org,en")})

    answer = client.post(url("people-import"), {"previewed": hidden(preview, "previewed")[:-2] + "xx"})

    assert answer.status_code == 422
    assert not Invitation.objects.exists()


def test_a_file_that_was_good_and_is_no_longer_is_shown_anew(session: MeetingSession) -> None:
    client = signed_in()
    preview = client.post(url("people-import"), {"text": rows("KE,One,one@example.org,en")})
    change_user(user=officer("one"), actor=COMMAND, email="one@example.org")

    answer = client.post(url("people-import"), {"previewed": hidden(preview, "previewed")})

    assert answer.status_code == 422
    assert "belongs to an account of the secretariat" in text_of(answer)


def test_the_example_can_be_imported(session: MeetingSession) -> None:
    text = signed_in().get(url("people-example")).content.decode("utf-8-sig")

    preview = read_people(session, text)

    assert (preview.faults, len(preview.new_rows)) == ([], 3)
