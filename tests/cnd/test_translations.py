"""The catalogues: complete in form, compiled from what stands beside them, and really shown."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client
from django.utils import translation

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]


def catalogue(language: str) -> Path:
    return settings.LOCALE_PATHS[0] / translation.to_locale(language) / "LC_MESSAGES" / "django.po"


@pytest.mark.once
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_stands_in_the_catalogue(language: str) -> None:
    path = catalogue(language)
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source))
    assert path.with_suffix(".mo").read_bytes() == compiled.getvalue()


@pytest.mark.once
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_keeps_the_placeholders_of_its_text(language: str) -> None:
    with catalogue(language).open("rb") as source:
        messages = [message for message in read_po(source, locale=translation.to_locale(language)) if message.id]
    faults = [(message.id, str(fault)) for message in messages for fault in message.check()]
    assert faults == []


@pytest.mark.once
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translated_notice_has_the_placeholders_of_its_text(language: str) -> None:
    def names(text: object) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", str(text)))

    with catalogue(language).open("rb") as source:
        noted = [each for each in read_po(source) if each.string and names(each.id)]
    assert noted
    assert [each.id for each in noted if names(each.id) != names(each.string)] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"),
    [("ar", "تسجيل الدخول"), ("zh-hans", "登录"), ("fr", "Se connecter"), ("ru", "Войти"), ("es", "Iniciar sesión")],
)
def test_a_page_is_in_the_language_of_its_reader(client: Client, language: str, words: str) -> None:
    page = client.get("/sign-in/", headers={"Accept-Language": language}).content.decode()
    assert words in page
