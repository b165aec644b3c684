"""The page that an invitation's link opens: what it shows, asks, refuses, and where it leads."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from cnd.models import User
from sessions.models import Invitation, MeetingSession, Membership
from sessions.services.invitations import path_of, revoke_invitation
from tests.sessions.invited import ADDRESS, PASSWORD, accept, meeting, opened
from tests.sessions.scenes import as_officer, focal_point

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> MeetingSession:
    return meeting()


def two(password: str = PASSWORD) -> dict[str, str]:
    return {"password1": password, "password2": password}


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def test_the_page_shows_for_whom_and_what_and_signs_in_who_sets_a_password(session: MeetingSession) -> None:
    invitation = opened(session)
    client = Client()
    shown = text_of(client.get(path_of(invitation)))
    before = client.cookies.get("sessionid")

    answer = client.post(path_of(invitation), two())

    assert all(part in shown for part in ("Kenya", "Wanjiku Kamau", ADDRESS))
    assert (answer.status_code, answer["Location"]) == (302, "/account/security/")
    assert client.session["_auth_user_id"] == str(invitation.user_id)
    assert before is None or client.cookies["sessionid"].value != before.value


def test_the_page_is_shown_without_anything_happening(session: MeetingSession) -> None:
    invitation = opened(session)

    for _time in range(3):
        assert Client().get(path_of(invitation)).status_code == 200

    assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize(("first", "second"), [("short", "short"), (PASSWORD, "a long password 8"), ("", "")])
def test_a_fault_of_the_form_stands_beside_its_field(session: MeetingSession, first: str, second: str) -> None:
    answer = Client().post(path_of(opened(session)), {"password1": first, "password2": second})

    assert answer.status_code == 422
    assert 'class="field-error"' in answer.content.decode()
    assert not Membership.objects.exists()


def test_a_used_link_says_what_to_do(session: MeetingSession) -> None:
    invitation = opened(session)
    accept(invitation)

    answer = Client().post(path_of(invitation), two("another long one 9"))

    assert (answer.status_code, "accepted already: sign in" in text_of(answer)) == (409, True)
    assert User.objects.get(pk=invitation.user_id).check_password(PASSWORD)


def test_a_double_click_leads_on(session: MeetingSession) -> None:
    invitation = opened(session)
    client = Client()

    for _time in range(2):
        answer = client.post(path_of(invitation), two())

    assert answer["Location"] == "/cnd67/delegation/KE/"


def test_a_link_that_is_none_is_one_clear_page(session: MeetingSession) -> None:
    invitation = opened(session)
    revoked = opened(session, "AT", "other@example.org")
    revoke_invitation(invitation=revoked, actor=as_officer())

    answers = {
        "altered": Client().get(path_of(invitation)[:-3] + "00/"),
        "revoked": Client().get(path_of(revoked)),
        "nothing": Client().get("/invitation/999/abc/"),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "altered": 404, "revoked": 409, "nothing": 404}  # fmt: skip
    assert all("This link opens nothing" in text_of(answer) for answer in answers.values())


def test_who_is_signed_in_as_somebody_else_is_asked_to_sign_out(session: MeetingSession) -> None:
    invitation = opened(session)
    client = Client()
    client.force_login(focal_point(session, "AT"))

    answers = [client.get(path_of(invitation)), client.post(path_of(invitation), two())]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert "somebody else" in text_of(answers[0])
    assert Invitation.objects.get().accepted_at is None


def test_whoever_has_an_account_by_then_accepts_without_a_new_password(session: MeetingSession) -> None:
    first, second = opened(session), opened(session, "AT")
    accept(first)
    client = Client()
    page = client.get(path_of(second))

    answer = client.post(path_of(second), two("somebody else's 11"))

    assert 'type="password"' not in page.content.decode()
    assert answer["Location"] == "/cnd67/delegation/AT/"
    assert "_auth_user_id" not in client.session
    assert User.objects.get(pk=first.user_id).check_password(PASSWORD)
    assert sorted(Membership.objects.values_list("delegation__code", flat=True)) == ["AT", "KE"]
