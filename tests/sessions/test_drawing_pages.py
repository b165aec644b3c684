"""The drawing of lots as everyone sees it: announced, sealed, drawn, withdrawn, annulled; its files and its proof."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from cnd import clock
from cnd.actors import COMMAND
from sessions.domain.drand import time_of_round
from sessions.models import Delegation, Drawing, DrawSource, MeetingSession
from sessions.services import draw
from sessions.services.announcements import NumbersFormat, Sources, announce, withdraw_announcement
from sessions.services.draw import annul, ask_annulment, enter_numbers
from sessions.services.inscriptions import withdraw
from sessions.services.quotas import confirm_quotas, proposed_quotas
from tests.sessions.public_pages import section, text_of, url
from tests.sessions.rounds import RANDOMNESS, SIGNATURE
from tests.sessions.scenes import (
    announce_now,
    as_officer,
    draw_now,
    drawn_session,
    inscribe_states,
    make_session,
)

pytestmark = pytest.mark.django_db

ROUND = 657413
DRAND = Sources(has_drand=True)
BALLS = NumbersFormat("Balls drawn in the room", 3, 1, 45)


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def awaited() -> Iterator[Drawing]:
    """Return a drawing that awaits a round whose value is known, a minute after it came into being."""
    at = time_of_round(ROUND)
    with time_machine.travel(at - timedelta(hours=3), tick=True) as traveller:
        session = make_session()
        inscribe_states(session, 6)
        confirm_quotas(debate=session.debate, quotas=proposed_quotas(session.debate), actor=COMMAND)
        drawing = announce(debate=session.debate, sources=DRAND, actor=COMMAND, draw_at=session.chain.to_session(at))
        assert drawing.announcement["sources"][0]["round"] == ROUND
        traveller.move_to(at + timedelta(minutes=1))
        yield drawing


def announced(sources: Sources, *, lead: timedelta = timedelta(hours=2)) -> tuple[MeetingSession, Drawing]:
    session = make_session()
    inscribe_states(session, 6)
    confirm_quotas(debate=session.debate, quotas=proposed_quotas(session.debate), actor=COMMAND)
    draw_at = session.chain.now() + lead
    return session, announce(debate=session.debate, sources=sources, actor=COMMAND, draw_at=draw_at)


# --- announced --------------------------------------------------------------------------------------------------------


def test_before_the_announcement_the_page_says_what_will_come(client: Client) -> None:
    make_session()
    assert "No drawing is announced yet" in text_of(client.get(url("draw")))


def test_an_announcement_shows_its_hash_and_counts_down_by_the_real_clock(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 6)
    drawing = announce_now(session)
    page = client.get(url("draw")).content.decode()
    assert f'data-copy="{drawing.announcement_sha256}"' in page
    assert f'data-countdown="{drawing.draw_at.isoformat()}"' in page
    assert "the secretariat can still withdraw this announcement" in text_of(client.get(url("draw")))


def test_the_sources_are_explained_with_round_times_and_substitutes(client: Client) -> None:
    _session, drawing = announced(Sources(has_drand=True, numbers=BALLS))
    numbers, drand = drawing.announcement["sources"]
    said = section(client.get(url("draw")), "Where the randomness comes from")
    assert "3 numbers from 1 to 45, none twice," in said
    assert f"Round {drand['round']} of drand" in said
    assert (numbers["not_before"] in said, drand["not_before"] in said) == (True, True)
    assert f"round {drand['substitute']['round']} of drand takes its place" in said


def test_a_rehearsals_seed_stays_unseen_until_it_is_drawn(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 3)
    drawing = announce_now(session)
    secret = drawing.sources.get().secret
    addresses = [url("draw"), url("hall", 1), url("notice", 1), url("announcement", 1)]
    assert all(secret not in client.get(address).content.decode() for address in addresses)
    draw_now(drawing)
    assert secret in client.get(url("draw")).content.decode()


def test_numbers_appear_only_once_both_people_have_entered_theirs(client: Client) -> None:
    _session, drawing = announced(Sources(has_drand=True, numbers=BALLS))
    source = drawing.sources.get(kind=DrawSource.Kind.NUMBERS)
    with time_machine.travel(source.not_before + timedelta(seconds=1)):
        enter_numbers(source=source, numbers=[7, 21, 40], actor=as_officer("one"))
        assert "7 · 21 · 40" not in text_of(client.get(url("draw")))
        enter_numbers(source=source, numbers=[7, 21, 41], actor=as_officer("other"))
        said = section(client.get(url("draw")), "Where the randomness comes from")
    assert "Conference one 7 · 21 · 40 Conference other 7 · 21 · 41" in said


def test_what_happens_after_the_announcement_is_shown_as_pending(client: Client) -> None:
    session = make_session()
    inscription = inscribe_states(session, 6)[0]
    announce_now(session)
    withdraw(inscription=inscription, actor=COMMAND)
    assert f"pending {inscription.delegation.name} withdrew." in section(client.get(url("draw")), "Pending")


def test_the_frozen_roster_and_quotas_are_shown(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 6)
    drawing = announce_now(session)
    quota = next(group["quota"] for group in drawing.announcement["groups"] if group["code"] == "african")
    said = section(client.get(url("draw")), "Who takes part")
    assert "6 delegations for 114 slots, frozen with the announcement." in said
    assert f"Group of African States {quota} 2 0 {quota - 2}" in said


# --- sealed -----------------------------------------------------------------------------------------------------------


def test_a_sealed_drawing_says_since_when_and_that_nobody_can_stop_it(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 3)
    drawing = announce_now(session)
    with time_machine.travel(drawing.seals_at + timedelta(seconds=1)):
        page = text_of(client.get(url("draw")))
    assert "Nobody can stop, delay or repeat it." in page
    assert "can still withdraw" not in page


def test_a_public_value_that_is_not_yet_drawn_can_be_handed_in(client: Client, awaited: Drawing) -> None:
    page = client.get(url("draw"))
    assert f"the value of round {ROUND} is public since" in text_of(page)
    assert f"/public/{ROUND}" in page.content.decode()
    answer = client.post(url("hand-in", 1), {"signature": SIGNATURE[ROUND], "round": str(ROUND)}, follow=True)
    assert "The value is genuine and stored." in text_of(answer)
    assert draw.advance(awaited.pk)
    assert RANDOMNESS[ROUND] in Drawing.objects.get().bundle["result"]["d"]  # type: ignore[index]


def test_handing_in_needs_no_round(client: Client, awaited: Drawing) -> None:
    assert client.post(url("hand-in", 1), {"signature": SIGNATURE[ROUND].upper()}).status_code == 302
    value: Any = awaited.sources.get().value
    assert value["round"] == ROUND


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"signature": "abc"}, 422, "A signature has 96 hexadecimal digits."),
        ({"signature": SIGNATURE[1000]}, 422, f"This is not the signature of round {ROUND}."),
        ({"signature": SIGNATURE[ROUND], "round": "5"}, 422, "Round 5 is not the announced one."),
        ({"signature": ""}, 422, "This field is required."),
    ],
)
def test_a_value_that_is_not_the_announced_one_is_refused_beside_its_field(
    client: Client, awaited: Drawing, given: dict[str, str], status: int, said: str
) -> None:
    answer = client.post(url("hand-in", 1), given)
    assert answer.status_code == status
    assert said in section(answer, "Hand the value in yourself")
    assert awaited.sources.get().value is None


def test_before_its_time_no_value_is_taken(client: Client) -> None:
    announced(DRAND)
    assert client.post(url("hand-in", 1), {"signature": SIGNATURE[ROUND]}).status_code == 409


def test_handing_in_needs_the_pages_own_form(awaited: Drawing) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(url("hand-in", 1), {"signature": SIGNATURE[ROUND]}).status_code == 403


def test_too_many_values_from_one_address_have_to_wait(client: Client, awaited: Drawing, settings: Any) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"draw-values": "2/min"}
    with time_machine.travel(clock.now(), tick=False):
        statuses = [client.post(url("hand-in", 1), {"signature": "x"}).status_code for _ in range(3)]
        assert statuses == [422, 422, 429]
        answer = client.post(url("hand-in", 1), {"signature": SIGNATURE[ROUND]})
    assert 0 < int(answer["Retry-After"]) <= 60
    assert "Too many values came from this address." in text_of(answer)
    assert client.post(url("hand-in", 1), {"signature": "x"}, REMOTE_ADDR="10.0.0.9").status_code == 422


def test_a_language_chosen_after_a_refusal_leads_back_to_the_drawing(client: Client, awaited: Drawing) -> None:
    assert client.get(url("hand-in", 1))["Location"] == url("draw-attempt", 1)


def test_a_waiting_page_is_told_only_when_something_changed(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 3)
    drawing = announce_now(session)
    mark = client.get(url("draw")).context["mark"]

    def news() -> Any:
        return client.get(url("draw-attempt", 1), {"since": mark}, headers={"HX-Request": "true"})

    assert (news().status_code, "HX-Refresh" in news()) == (204, False)
    with time_machine.travel(drawing.seals_at + timedelta(seconds=1)):
        assert news()["HX-Refresh"] == "true"
    draw_now(drawing)
    assert news()["HX-Refresh"] == "true"


# --- drawn ------------------------------------------------------------------------------------------------------------


def test_the_result_stands_group_by_group_in_the_drawn_order(client: Client) -> None:
    session, drawing = drawn_session(20)
    assert drawing.bundle is not None
    names = {each.code: each.name for each in Delegation.objects.filter(session=session)}
    groups = {group.code: group.name for group in session.groups.all()}
    page = client.get(url("draw"))
    assert [group["name"] for group in page.context["group_results"]] == [
        groups[each["group"]] for each in drawing.bundle["result"]["group_order"]
    ]
    slots = [slot for slot in drawing.bundle["result"]["slots"] if slot["delegation"]]
    said = text_of(page)
    assert all(f"{slot['number']} {names[slot['delegation']]}" in said for slot in slots)


def test_a_drawn_drawing_tells_how_to_verify_it(client: Client) -> None:
    _session, drawing = drawn_session(6)
    said = section(client.get(url("draw")), "The proof")
    assert f"python3 verify_draw.py cnd67-draw-1.json --announced {drawing.announcement_sha256}" in said
    assert "curl -o cnd67-draw-1.json http://testserver/cnd67/draw/1/bundle.json" in said


def test_what_nobody_can_check_is_said_prominently(client: Client) -> None:
    at = time_of_round(ROUND)
    with time_machine.travel(at - timedelta(hours=3), tick=True) as traveller:
        session = make_session()
        inscribe_states(session, 3)
        confirm_quotas(debate=session.debate, quotas=proposed_quotas(session.debate), actor=COMMAND)
        draw_at = session.chain.to_session(at - timedelta(minutes=30) - timedelta(seconds=1))
        sources = Sources(has_drand=True, numbers=BALLS)
        drawing = announce(debate=session.debate, sources=sources, actor=COMMAND, draw_at=draw_at)
        assert drawing.announcement["sources"][1]["round"] == ROUND
        traveller.move_to(at + timedelta(minutes=1))
        client.post(url("hand-in", 1), {"signature": SIGNATURE[ROUND]})
        assert draw.advance(drawing.pk)
    said = "What nobody can check sources/0: missing or unequal at the deadline; it was left out"
    assert said in section(client.get(url("draw")), "The result")


def test_a_rehearsal_is_marked_on_every_page(client: Client) -> None:
    drawn_session(3)
    pages = [client.get(address) for address in (url("draw"), url("hall", 1), url("notice", 1))]
    assert all("This is a rehearsal." in text_of(page) for page in pages)
    assert "This was a rehearsal; announcement and proof say so." in text_of(pages[0])


# --- files ------------------------------------------------------------------------------------------------------------


def test_the_proof_is_served_byte_by_byte_under_a_strong_etag(client: Client) -> None:
    _session, drawing = drawn_session(3)
    answer = client.get(url("bundle", 1))
    assert answer["Content-Disposition"] == 'attachment; filename="cnd67-draw-1.json"'
    assert (answer["Content-Type"], answer["ETag"]) == ("application/json", f'"{drawing.bundle_sha256}"')
    assert json.loads(answer.content) == drawing.bundle
    again = client.get(url("bundle", 1), headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_announcement_is_served_as_the_bytes_that_were_hashed(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 3)
    drawing = announce_now(session)
    assert hashlib.sha256(client.get(url("announcement", 1)).content).hexdigest() == drawing.announcement_sha256


def test_before_the_draw_there_is_no_proof(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 3)
    announce_now(session)
    assert client.get(url("bundle", 1)).status_code == 404


@pytest.mark.parametrize("name", ["draw-attempt", "hall", "notice", "bundle", "announcement"])
def test_an_attempt_that_never_was_is_not_found(client: Client, name: str) -> None:
    drawn_session(3)
    assert [client.get(url(name, attempt)).status_code for attempt in (0, 2, 10**30)] == [404, 404, 404]


def test_the_verifier_that_is_served_verifies_the_proof_that_is_served(client: Client, tmp_path: Path) -> None:
    _session, drawing = drawn_session(6)
    script, proof = tmp_path / "verify_draw.py", tmp_path / "cnd67-draw-1.json"
    served = client.get("/verify_draw.py")
    assert served["Content-Disposition"] == 'attachment; filename="verify_draw.py"'
    assert served["Content-Type"].startswith("text/x-python")
    script.write_bytes(b"".join(served))
    proof.write_bytes(client.get(url("bundle", 1)).content)
    command = [sys.executable, str(script), str(proof), "--announced", drawing.announcement_sha256]
    verified = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_served_verifier_is_the_file_of_this_release(client: Client) -> None:
    kept = settings.BASE_DIR / "sessions" / "standalone" / "verify_draw.py"
    assert b"".join(client.get("/verify_draw.py")) == kept.read_bytes()


# --- hall and notice --------------------------------------------------------------------------------------------------


def test_the_hall_follows_the_drawing_and_reveals_it_group_by_group(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 10)
    drawing = announce_now(session)
    ahead = client.get(url("hall", 1)).content.decode()
    assert 'data-state="announced" data-poll="/api/v1/sessions/cnd67/draws/1/"' in ahead
    assert "data-reveal" not in ahead
    draw_now(drawing)
    after = client.get(url("hall", 1)).content.decode()
    assert 'data-state="drawn"' in after
    assert after.count("<section data-reveal>") == 7


def test_the_notice_carries_the_hash_in_groups_and_how_to_check(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 3)
    drawing = announce_now(session)
    page = client.get(url("notice", 1))
    value = drawing.announcement_sha256
    assert " ".join(value[at : at + 8] for at in range(0, 64, 8)) in text_of(page)
    assert "http://testserver/cnd67/draw/1/" in text_of(page)


# --- withdrawn and annulled -------------------------------------------------------------------------------------------


def test_a_withdrawn_announcement_stays_public_with_its_reason(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 3)
    withdraw_announcement(drawing=announce_now(session), reason="The roster was wrong.", actor=as_officer())
    announce_now(session)
    page = client.get(url("draw-attempt", 1))
    assert "This announcement was withdrawn Reason: The roster was wrong." in text_of(page)
    assert client.get(url("announcement", 1)).status_code == 200
    assert "Drawing 1: The roster was wrong." in section(client.get(url("draw")), "The announcement")


def test_an_annulled_result_stays_public_with_its_reason(client: Client) -> None:
    _session, drawing = drawn_session(3)
    ask_annulment(drawing=drawing, reason="The quotas were wrong.", actor=as_officer("one"))
    annul(drawing=drawing, actor=as_officer("other"))
    page = client.get(url("draw"))
    assert "This result was annulled Reason: The quotas were wrong." in text_of(page)
    assert (len(page.context["lots"]), client.get(url("bundle", 1)).status_code) == (3, 200)


def test_a_request_for_an_annulment_is_not_public(client: Client) -> None:
    _session, drawing = drawn_session(3)
    ask_annulment(drawing=drawing, reason="Not decided yet.", actor=as_officer("one"))
    assert "Not decided yet." not in text_of(client.get(url("draw")))


def test_every_drawing_ever_announced_is_listed(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 3)
    withdraw_announcement(drawing=announce_now(session), reason="The roster was wrong.", actor=as_officer())
    draw_now(announce_now(session))
    said = section(client.get(url("draw")), "All drawings")
    assert said == "All drawings Drawing 2 drawn Drawing 1 withdrawn The roster was wrong."
