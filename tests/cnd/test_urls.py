"""The addresses of the service: where signing in leads, what errors look like, what the API's pages may load."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse
from pytest_django import Settings

from cnd import sign_in, urls
from cnd.models import Chain, User

pytestmark = pytest.mark.django_db

PASSWORD = "a long password 1"


@dataclass(frozen=True)
class Offered:
    username: str = "visitor"
    password: str = "only-here"
    function: str = "Focal point of nowhere"


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Offered:
    """Have one provider of demonstration sign-ins, and no other."""
    monkeypatch.setattr(sign_in, "_providers", [])
    visitor = Offered()
    sign_in.register_demo_sign_ins(lambda: [visitor])
    return visitor


def user(role: str, password: str | None = None) -> User:
    made = User(username=role, role=role)
    made.set_password(password)
    made.save()
    return made


def signs_in(role: str, next_page: str = "") -> str:
    """Sign in through the page and return the address one comes to."""
    user(role, PASSWORD)
    client = Client()
    answer = client.post(reverse("login"), {"login": role, "password": PASSWORD, "next": next_page})
    assert answer.status_code == 302
    if answer["Location"] != reverse("after-sign-in"):
        return str(answer["Location"])
    return str(client.get(answer["Location"])["Location"])


# --- signing in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "page"), [("secretariat", "/cnd67/staff/"), ("delegation", "/cnd67/delegation/")])
def test_after_signing_in_one_comes_to_ones_work_in_the_only_session(role: str, page: str) -> None:
    Chain.objects.create(code="system")
    Chain.objects.create(code="cnd67")
    assert signs_in(role) == page


@pytest.mark.parametrize("codes", [[], ["cnd67", "cnd68"]])
def test_after_signing_in_one_comes_home_where_there_is_not_one_session(codes: list[str]) -> None:
    for code in codes:
        Chain.objects.create(code=code)
    assert signs_in("secretariat") == reverse("home")


def test_after_signing_in_one_comes_back_to_the_page_one_wanted() -> None:
    assert signs_in("delegation", "/cnd67/delegation/AT/") == "/cnd67/delegation/AT/"


def test_signing_in_never_leads_to_another_site() -> None:
    assert signs_in("delegation", "https://elsewhere.example/") == reverse("home")


def test_whoever_is_signed_in_already_is_led_on(client: Client) -> None:
    client.force_login(user("secretariat"))
    assert client.get(reverse("login"))["Location"] == reverse("after-sign-in")


def test_nobody_signed_in_is_asked_to(client: Client) -> None:
    assert client.get(reverse("after-sign-in"))["Location"] == f"{reverse('login')}?next=/after-sign-in/"


def test_the_demonstration_offers_its_sign_ins(client: Client, offered: Offered, settings: Settings) -> None:
    settings.CND_ENV = "demo"
    page = client.get(reverse("login")).content.decode()
    assert [text in page for text in (offered.username, offered.password, offered.function)] == [True, True, True]


@pytest.mark.parametrize("environment", ["production", "test"])
def test_nothing_but_the_demonstration_offers_sign_ins(
    client: Client, offered: Offered, settings: Settings, environment: str
) -> None:
    settings.CND_ENV = environment
    assert offered.password not in client.get(reverse("login")).content.decode()


def test_a_provider_registered_twice_is_asked_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CND_ENV = "demo"
    monkeypatch.setattr(sign_in, "_providers", [])

    def provider() -> list[Offered]:
        return [Offered()]

    sign_in.register_demo_sign_ins(provider)
    sign_in.register_demo_sign_ins(provider)
    assert len(sign_in.demo_sign_ins()) == 1


def test_signing_out_needs_a_form_and_leads_home(client: Client) -> None:
    client.force_login(user("delegation"))
    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout"))["Location"] == reverse("home")
    assert "_auth_user_id" not in client.session


# --- languages and errors ---------------------------------------------------------------------------------------------


def test_the_reader_chooses_the_language(client: Client) -> None:
    client.post(reverse("set_language"), {"language": "ar", "next": "/"})
    assert '<html lang="ar" dir="rtl">' in client.get("/").content.decode()


@pytest.mark.parametrize("address", ["/nothing/", "/nothing/speakers/", "/nothing/draw/1/", "/a/b/c"])
def test_an_unknown_address_is_a_page_in_the_style_of_the_others(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert [template.name for template in answer.templates][:1] == ["404.html"]


@pytest.mark.parametrize("address", ["/api/", "/api/v1/nothing/", "/api/v2/sessions/", "/api/schema/nothing/"])
def test_an_unknown_address_of_the_api_is_a_problem(client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["type"] == "urn:cnd:problem:not_found"


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


@pytest.fixture
def broken() -> Iterator[Client]:
    """Return a client of a service with two addresses at which the code fails."""
    kept = list(urls.urlpatterns)
    urls.urlpatterns[:0] = [path("breaks/", breaks), path("api/breaks/", breaks)]
    from django.urls import clear_url_caches

    clear_url_caches()
    yield Client(raise_request_exception=False)
    urls.urlpatterns[:] = kept
    clear_url_caches()


def test_a_fault_of_the_code_is_a_page_for_people_and_a_problem_for_machines(broken: Client) -> None:
    page, problem = broken.get("/breaks/"), broken.get("/api/breaks/")
    assert (page.status_code, page["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert (problem.status_code, problem["Content-Type"]) == (500, "application/problem+json")
    assert "on purpose" not in problem.content.decode() + page.content.decode()


# --- the API and health -----------------------------------------------------------------------------------------------


def test_the_schema_is_served(client: Client) -> None:
    answer = client.get(reverse("schema"), headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert "/api/v1/sessions/{code}/slots/" in answer.content.decode()


def test_the_api_is_described_on_a_page_of_ours_as_strict_as_any_other(client: Client) -> None:
    docs, home = client.get(reverse("api-docs")), client.get("/")
    assert docs["Content-Security-Policy"] == home["Content-Security-Policy"]
    assert docs.content.decode().count("/api/v1/sessions/{code}/slots/") == 1


def test_the_service_says_that_it_is_alive(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"


def test_the_admin_asks_who_one_is(client: Client) -> None:
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_an_address_of_the_api_without_its_last_slash_leads_to_it(client: Client, method: str) -> None:
    answer = getattr(client, method)("/api/v1/sessions/cnd67/slots?page=2")
    assert (answer.status_code, answer["Location"]) == (308, "/api/v1/sessions/cnd67/slots/?page=2")


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_nothing_is_at_other_addresses_of_the_api_and_nobody_remembers_that(client: Client, method: str) -> None:
    answer = getattr(client, method)("/api/v1/nothing")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer["Cache-Control"] == "no-store"
