"""What every page stands on: the skeleton, its components, the way instants are written, and what the browser loads."""

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import include, path, resolve
from django.utils import translation
from django.views import defaults

from cnd.instants import instant_text, spelled

pytestmark = pytest.mark.once

VIENNA = "Europe/Vienna"
DRAW_AT = datetime(2024, 2, 29, 9, 0, tzinfo=UTC)
WINDOW_END = datetime(2024, 1, 11, 23, 0, tzinfo=UTC)
TEMPLATES = settings.BASE_DIR / "templates"
STATIC = settings.BASE_DIR / "cnd" / "static"
OURS = [file for file in TEMPLATES.rglob("*.html") if file.parts[len(TEMPLATES.parts)] not in {"sessions", "logistics"}]


def nothing(request: HttpRequest, code: str = "") -> HttpResponse:
    return HttpResponse()


def page(name: str, route: str = "") -> Any:
    return path(f"<code>/{route or name}/", nothing, name=name)


STAFF = ("roster", "people", "quotas", "staff-draw", "staff-speakers", "notices", "rules", "journal", "clock")
of_session = [
    path("<code>/", nothing, name="session"),
    *(page(name) for name in ("speakers", "draw", "delegation", "staff")),
    *(page(name, f"staff/{name.removeprefix('staff-')}") for name in STAFF),
]
PUBLIC_AROUND = ["Side events", "Programme", "Rooms"]
around = [(name, name) for name in ("side-events", "programme", "rooms")]
around += [*((f"staff-{name}", f"staff/{name}") for name, _path in around), ("bookings", "staff/bookings")]
of_logistics = [page(*each) for each in around]
urlpatterns = [
    path("", nothing, name="home"),
    *(path(f"{name}/", nothing, name=name) for name in ("login", "logout")),
    *(path(f"{name}/", nothing, name=name) for name in ("account_reset_password", "mfa_login_webauthn")),
    path("language/", nothing, name="set_language"),
    path("docs/", nothing, name="api-docs"),
    *(path("sessions/", include(each)) for each in ((of_session, "sessions"), (of_logistics, "logistics"))),
]


@pytest.fixture(autouse=True)
def _own_urls(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = __name__
    with translation.override("en"):
        yield


def meeting_session(*, is_rehearsal: bool = False) -> SimpleNamespace:
    return SimpleNamespace(
        code="cnd67",
        title="Sixty-seventh session",
        time_zone=VIENNA,
        is_rehearsal=is_rehearsal,
        session_now=DRAW_AT - timedelta(minutes=2),
    )


def user(role: str) -> SimpleNamespace:
    return SimpleNamespace(
        is_authenticated=True,
        is_secretariat=role == "secretariat",
        has_delegation=role == "delegation",
        get_username=lambda: role,
    )


def render(name: str, url: str = "/sessions/cnd67/draw/", **context: Any) -> str:
    """Render a template as a page would be, for the address given."""
    request = RequestFactory().get(url)
    request.user = context.pop("user", AnonymousUser())
    request.resolver_match = resolve(request.path)
    return render_to_string(name, {"user": request.user, **context}, request)


def piece(source: str, url: str = "/", **context: Any) -> str:
    """Render a piece of template."""
    request = RequestFactory().get(url)
    return str(engines["django"].from_string(f"{{% load i18n cnd_tags %}}{source}").render(context, request)).strip()


def component(name: str, arguments: str = "", **context: Any) -> str:
    """Render a component with the arguments of its include."""
    with_arguments = f" with {arguments}" if arguments else ""
    return piece(f'{{% include "components/{name}.html"{with_arguments} %}}', **context)


# --- instants ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "29 February 2024, 10:00 (Vienna)"),
        ("fr", "29 février 2024, 10:00 (Vienne)"),
        ("es", "29 de febrero de 2024, 10:00 (Viena)"),
        ("ru", "29 февраля 2024\u202fг., 10:00 (Вена)"),
        ("zh-hans", "2024年2月29日 10:00 (维也纳)"),
        ("ar", "29 شباط/فبراير 2024، 10:00 (فيينا)"),
    ],
)
def test_an_instant_is_written_in_the_meetings_zone_and_the_readers_language(language: str, text: str) -> None:
    with translation.override(language):
        assert instant_text(DRAW_AT, VIENNA) == text


def test_an_instant_carries_its_machine_form_and_the_meetings_zone() -> None:
    assert piece("{% instant at tz %}", at=DRAW_AT, tz=VIENNA) == (
        '<time datetime="2024-02-29T10:00:00+01:00" data-zone="Europe/Vienna">29 February 2024, 10:00 (Vienna)</time>'
    )


def test_the_end_of_a_window_at_midnight_is_twenty_four_hours_of_the_day_before() -> None:
    assert piece("{{ end|closing:tz }}", end=WINDOW_END, tz=VIENNA) == "11 January, 24:00"
    assert instant_text(WINDOW_END, VIENNA, closing=True) == "11 January 2024, 24:00 (Vienna)"


def test_the_end_of_a_window_at_another_hour_keeps_its_day() -> None:
    assert piece("{{ end|closing:tz }}", end=DRAW_AT, tz=VIENNA) == "29 February, 10:00"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        instant_text(datetime(2024, 2, 29, 9), VIENNA)  # noqa: DTZ001


def test_a_day_is_written_without_a_clock() -> None:
    assert piece("{{ a|day:tz }}; {{ b|day:tz }}", a=date(2024, 3, 14), b=WINDOW_END, tz=VIENNA) == (
        "14 March 2024; 12 January 2024"
    )


def test_a_length_of_time_is_spelled_out() -> None:
    assert [spelled(timedelta(seconds=s)) for s in (300, 5_400, 30, 0)] == [
        "5 minutes", "1 hour 30 minutes", "30 seconds", "0 seconds"]  # fmt: skip
    with translation.override("fr"):
        assert spelled(timedelta(minutes=5)) == "5 minutes"


def test_a_countdown_carries_the_servers_own_time() -> None:
    now = DRAW_AT - timedelta(days=2, hours=4, seconds=5)

    text = piece("{% countdown until now %}", until=DRAW_AT, now=now)

    assert f'data-countdown="{DRAW_AT.isoformat()}" data-now="{now.isoformat()}"' in text
    assert 'role="timer"' in text
    assert ">2 days 04:00:05<" in text


def test_a_countdown_that_is_over_says_so_without_a_script() -> None:
    text = piece('{% countdown until now done="The drawing is due" %}', until=DRAW_AT, now=DRAW_AT)
    assert text.endswith(">The drawing is due</span>")


# --- the skeleton -----------------------------------------------------------------------------------------------------
def test_a_page_in_arabic_runs_from_right_to_left_with_the_matching_style_sheet() -> None:
    with translation.override("ar"):
        text = render("base.html", meeting_session=meeting_session())
    assert '<html lang="ar" dir="rtl">' in text
    assert "bootstrap.rtl.min.css" in text


def test_a_page_in_french_runs_from_left_to_right() -> None:
    with translation.override("fr"):
        text = render("base.html", meeting_session=meeting_session())
    assert '<html lang="fr" dir="ltr">' in text
    assert "bootstrap.min.css" in text


def test_every_page_of_a_rehearsal_says_so_with_the_sessions_time() -> None:
    text = render("base.html", meeting_session=meeting_session(is_rehearsal=True))
    assert "This is a rehearsal." in text
    assert '<span class="clock-time" data-clock-time>09:58:00</span>' in text


def test_the_real_session_carries_no_banner() -> None:
    assert "rehearsal" not in render("base.html", meeting_session=meeting_session())


def strips(text: str) -> str:
    return "".join(re.findall(r'<ul class="container nav-strip">(.*?)</ul>', text, re.DOTALL))


def nav(text: str) -> list[str]:
    return re.findall(r">([^<]+)</a>", strips(text))


def test_the_public_sees_the_public_pages() -> None:
    text = render("base.html", meeting_session=meeting_session())
    assert nav(text) == ["Session", "List of speakers", "Drawing of lots", *PUBLIC_AROUND]
    assert 'href="/login/?next=%2Fsessions%2Fcnd67%2Fdraw%2F"' in text


def test_a_delegate_sees_the_own_delegation() -> None:
    text = render("base.html", user=user("delegation"), meeting_session=meeting_session())
    assert nav(text) == ["Session", "List of speakers", "Drawing of lots", *PUBLIC_AROUND, "My delegation"]


def test_the_secretariat_sees_its_pages_once_it_is_among_them() -> None:
    staff = user("secretariat")
    outside = render("base.html", user=staff, meeting_session=meeting_session())
    inside = render("base.html", "/sessions/cnd67/staff/draw/", user=staff, meeting_session=meeting_session())
    assert nav(outside) == ["Session", "List of speakers", "Drawing of lots", *PUBLIC_AROUND, "Secretariat"]
    desk = "Overview, Roster, People, Quotas, Drawing, List of speakers, Side events, Programme, Rooms, Bookings, "
    assert nav(inside)[7:] == f"{desk}Notices, Rules, Journal, Clock".split(", ")


def test_the_navigation_marks_the_page_and_the_part_one_is_in() -> None:
    staff, address = user("secretariat"), "/sessions/cnd67/staff/draw/"
    text = render("base.html", address, user=staff, meeting_session=meeting_session())
    marked = re.findall(r'aria-current="(\w+)"[^>]*>([^<]+)<', strips(text))
    assert marked == [("true", "Secretariat"), ("page", "Drawing")]


def test_signing_out_and_the_language_are_sent_by_post_and_work_without_a_script() -> None:
    text = render("base.html", user=user("delegation"), meeting_session=meeting_session())
    assert '<form method="post" action="/logout/">' in text
    assert 'method="post" action="/language/"' in text
    assert re.findall(r'name="language" value="([\w-]+)"', text) == ["ar", "zh-hans", "en", "fr", "ru", "es"]
    assert text.count('name="csrfmiddlewaretoken"') == 2


@pytest.mark.parametrize(("code", "view"), [(500, defaults.server_error), (400, defaults.bad_request)])
def test_an_error_page_needs_neither_request_nor_database(code: int, view: Any) -> None:
    arguments = () if code == 500 else (ValueError(),)
    response = view(RequestFactory().get("/"), *arguments)
    assert response.status_code == code
    assert f"Code: {code}" in response.content.decode()


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_an_error_page_says_what_to_do_next(name: str) -> None:
    text = render(f"{name}.html")
    assert text.count("<h1>") == 1
    assert 'href="/">To the start page</a>' in text


def test_the_demonstrations_sign_ins_are_shown_only_where_they_are_given() -> None:
    form = forms.Form()
    sign_in = {"role": "Conference officer", "username": "officer", "password": "shown"}
    assert "Demonstration" not in render("account/login.html", "/login/", form=form)
    shown = render("account/login.html", "/login/", form=form, demo_sign_ins=[sign_in], redirect_field="→")
    assert '<input type="hidden" name="login" value="officer">' in shown
    assert shown.count("→") == 3


def test_home_lists_the_sessions_or_says_that_there_is_none() -> None:
    assert "No session yet" in render("cnd/home.html", "/")
    assert 'href="/sessions/cnd67/"' in render("cnd/home.html", "/", meeting_sessions=[meeting_session()])


# --- components -------------------------------------------------------------------------------------------------------
class Inscription(forms.Form):
    title = forms.CharField(label="Title", help_text="As on the agenda.")
    level = forms.ChoiceField(label="Level", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    sure = forms.BooleanField(label="Sure")


def test_a_field_ties_label_help_and_error_to_its_control() -> None:
    form = Inscription({"title": ""})
    text = component("field", "field=form.title", form=form)
    control = re.search(r"<input[^>]*>", text)
    assert control
    assert 'aria-describedby="id_title_helptext id_title_error"' in control[0]
    assert 'aria-invalid="true"' in control[0]
    assert "is-invalid" in control[0]
    assert '<label class="form-label" for="id_title">' in text
    assert 'id="id_title_helptext"' in text
    assert 'id="id_title_error"' in text


def test_the_summary_of_errors_links_to_controls_that_exist() -> None:
    text = component("form", form=Inscription({"title": ""}))
    targets = re.findall(r'<a href="#(\w+)">', text)
    assert targets == ["id_title", "id_level_0", "id_sure"]
    assert all(re.search(rf'<input[^>]*id="{target}"', text) for target in targets)


def test_choices_stand_in_a_fieldset_with_a_legend() -> None:
    text = component("field", "field=form.level", form=Inscription())
    assert "<legend" in text
    assert re.findall(r'<label class="form-check-label" for="(\w+)">', text) == ["id_level_0", "id_level_1"]


@pytest.mark.parametrize("status", ["undrawn", "assigned", "vacant", "spoken"])
def test_a_status_is_told_by_word_and_shape_not_by_colour_alone(status: str) -> None:
    text = component("status_chip", "status=status", status=status)
    assert re.sub(r"<[^>]+>", "", text).strip() == status
    assert "<svg" in text


@pytest.mark.parametrize("level", ["above_ministerial", "ministerial", "below_ministerial"])
def test_a_level_is_told_by_word_and_shape(level: str) -> None:
    text = component("level_chip", "level=level", level=level)
    assert re.sub(r"<[^>]+>", "", text).strip() == level.replace("_", " ")
    assert "<svg" in text


def test_a_hash_wraps_in_pieces_and_is_copied_whole() -> None:
    text = component("hash", 'value=digest label="Announcement"', digest="0123456789abcdef" * 4)
    assert f'data-copy="{"0123456789abcdef" * 4}"' in text
    assert text.count("<span>01234567</span>") == 4


def test_a_confirmation_names_the_losses_and_is_sent_by_post() -> None:
    text = component("confirm", 'submit="Withdraw" cancel_url="/back/" danger=True', losses=["It becomes void."])
    assert '<form class="confirm" method="post" novalidate>' in text
    assert "<li>It becomes void.</li>" in text
    assert '<button type="submit" class="btn btn-danger">Withdraw</button>' in text
    assert 'href="/back/"' in text


def test_pages_of_a_list_keep_the_other_questions_of_the_address() -> None:
    listing = Paginator(range(100), 10).page(2)
    text = piece('{% include "components/pagination.html" %}', "/?group=african&page=2", page_obj=listing)
    assert 'href="?group=african&amp;page=3"' in text
    assert re.findall(r'aria-current="page">.*?(\d+)</a>', text) == ["2"]


def test_messages_say_their_kind_to_those_who_do_not_see_the_colour() -> None:
    text = component("messages", messages=[Message(25, "Imported."), Message(40, "113 is not 114.")])
    assert re.findall(r'role="(\w+)"', text) == ["status", "alert"]
    assert "Refused:" in text


# --- what the browser loads -------------------------------------------------------------------------------------------
def test_no_template_holds_a_script_a_style_or_a_handler() -> None:
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|https?://", re.IGNORECASE
    )
    found = {file.name: inline.findall(file.read_text()) for file in TEMPLATES.rglob("*.html")}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_every_icon_that_is_asked_for_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "cnd" / "icons.svg").read_text()))
    asked = {
        name for file in TEMPLATES.rglob("*.html") for name in re.findall(r'{% icon "([\w-]+)" %}', file.read_text())
    }
    assert asked - drawn == set()


def test_every_static_file_that_a_template_names_exists() -> None:
    named = {
        name
        for file in TEMPLATES.rglob("*.html")
        for name in re.findall(r"{% (?:static|script) ['\"]([^'\"]+)['\"]", file.read_text())
    }
    assert {name for name in named if not finders.find(name)} == set()


def test_what_every_page_loads_stays_under_ninety_kilobytes() -> None:
    text = render("base.html", meeting_session=meeting_session())
    loaded = re.findall(r'(?:href|src)="/static/([^"#]+\.(?:css|js))"', text)
    found = [finders.find(name) for name in loaded]
    assert len(found) == 7
    assert sum(len(gzip.compress(Path(str(file)).read_bytes())) for file in found) < 90_000


def test_the_style_sheets_know_no_left_and_right() -> None:
    physical = re.compile(
        r"(?:margin|padding|border)-(?:left|right)|[{;]\s*(?:left|right):|text-align:\s*(?:left|right)"
    )
    found = {file.name: physical.findall(file.read_text()) for file in (STATIC / "cnd").glob("*.css")}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_the_vendored_style_sheets_name_no_file_that_is_missing() -> None:
    for name in ("bootstrap.min.css", "bootstrap.rtl.min.css"):
        assert "sourceMappingURL" not in (STATIC / "vendor" / "bootstrap" / name).read_text()


def test_every_text_of_the_ground_is_marked_for_translation() -> None:
    code = r"{% block body_class %}\w*|{%\s*blocktranslate.*?{%\s*endblocktranslate\s*%}|{[%{#].*?[%}#]}|<[^>]+>"
    left = {
        file.name: re.findall(r"[^\W\d_]{3,}", re.sub(code, " ", file.read_text(), flags=re.DOTALL)) for file in OURS
    }
    assert {name: words for name, words in left.items() if words} == {}
