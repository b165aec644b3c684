"""The wording of notices: the product's own text, the secretariat's in its place, and how a mail then looks."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from cnd.canonical import sha256_of
from cnd.errors import DomainError, Refused
from cnd.instants import instant_text
from cnd.models import Chain, Notice, NoticeText
from cnd.outbox.kinds import Kind, kind_of, kinds
from cnd.outbox.texts import Wording, examples, placeholders, preview, reset_text, save_text, wording
from cnd.users import system_chain
from sessions.forms.notices import WordingForm
from sessions.models import MeetingSession
from sessions.views.staff_base import StaffAction, StaffForm, StaffMixin, StaffPage
from sessions.views.staff_previews import keep_preview

LANGUAGES = list(dict(settings.LANGUAGES))


def language_name(code: str) -> str:
    """Name a language in the reader's."""
    return str(dict(settings.LANGUAGES)[code])


class Wordings(StaffPage):
    """Every kind of notice in every language, and where the secretariat has words of its own."""

    template_name = "sessions/staff/wordings.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        texts = NoticeText.objects.filter(chain__in=[self.meeting_session.chain, system_chain()])
        own = set(texts.values_list("kind", "language"))
        rows = [
            {
                "kind": kind,
                "languages": [
                    {"code": code, "name": language_name(code), "is_own": (kind.code, code) in own}
                    for code in LANGUAGES
                ],
                "own": sum((kind.code, code) in own for code in LANGUAGES),
            }
            for kind in kinds()
        ]
        rows.sort(key=lambda row: str(cast(Kind, row["kind"]).title))
        return super().get_context_data(rows=rows, languages=[language_name(code) for code in LANGUAGES], **kwargs)


class WordingMixin(StaffMixin):
    """A page of one kind of notice in one language."""

    @cached_property
    def kind(self) -> Kind:
        try:
            return kind_of(self.kwargs["kind"])
        except KeyError:
            raise Http404("no such kind") from None

    @cached_property
    def language(self) -> str:
        if self.kwargs["language"] not in LANGUAGES:
            raise Http404("no such language")
        return str(self.kwargs["language"])

    @cached_property
    def chain(self) -> Chain:
        """Where this kind is told: in the session, or, about accounts, for all of them alike."""
        return system_chain() if self.kind.is_of_accounts else self.meeting_session.chain

    @cached_property
    def stands(self) -> Wording:
        """What is sent as things are."""
        return wording(self.chain, self.kind, self.language)

    @property
    def product_wording(self) -> tuple[str, str]:
        with translation.override(self.language):
            return str(self.kind.subject), str(self.kind.body)

    @staticmethod
    def mark(stands: Wording) -> str:
        """What two looks at a wording are compared by."""
        return sha256_of([stands.subject, stands.body, stands.is_own])


class WordingPage(WordingMixin, StaffForm):
    """The form, a preview on a real notice as often as one likes, and the saving."""

    template_name = "sessions/staff/wording.html"
    form_class = WordingForm

    @cached_property
    def examples(self) -> dict[str, Notice]:
        """Real notices of this kind by what the form calls them, latest first."""
        if self.kind.is_secret:
            return {}
        found = examples(self.chain, self.kind.code)
        return {f"{each.cause_id}-{each.recipient_id}": each for each in found}

    def _reader(self, notice: Notice) -> str:
        who = notice.recipient.get_full_name() or notice.recipient.get_username()
        moment = instant_text(notice.cause.due_at, self.meeting_session.time_zone, place=False)
        return f"{who}, {moment}"

    def get_form_kwargs(self) -> dict[str, Any]:
        readers = [(name, self._reader(notice)) for name, notice in self.examples.items()]
        return super().get_form_kwargs() | {"language": self.language, "readers": readers}

    def get_initial(self) -> dict[str, Any]:
        return {"subject": self.stands.subject, "body": self.stands.body, "seen": self.mark(self.stands)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        subject, body = self.product_wording
        return super().get_context_data(
            kind=self.kind,
            language=self.language,
            language_name=language_name(self.language),
            is_rtl=get_language_info(self.language)["bidi"],
            languages=[{"code": code, "name": language_name(code)} for code in LANGUAGES],
            stands=self.stands,
            product={"subject": subject, "body": body},
            placeholders=[(f"{{{name}}}", what) for name, what in placeholders(self.kind).items()],
            **kwargs,
        )

    def form_valid(self, form: WordingForm) -> HttpResponse:
        if self.request.POST.get("step") == "save":
            return super().form_valid(form)
        try:
            mail = preview(
                chain=self.chain,
                kind=self.kind.code,
                language=self.language,
                subject=form.cleaned_data["subject"],
                body=form.cleaned_data["body"],
                notice=self.examples.get(form.cleaned_data.get("reader", "")),
            )
        except DomainError as fault:
            return self.refuse(form, fault)
        shown = {
            "name": keep_preview(self.request, mail.html),
            "code": self.language,
            "subject": mail.subject,
            "text": mail.text,
        }
        context = self.get_context_data(form=form, mail=shown, is_sample=not self.examples)
        return self.render_to_response(context)

    def perform(self, form: WordingForm) -> str:
        session = self.meeting_session
        with transaction.atomic():
            # Of two who save at the same time, the second sees what the first has written.
            MeetingSession.objects.select_for_update(no_key=True).get(pk=session.pk)
            if form.cleaned_data["seen"] != self.mark(wording(self.chain, self.kind, self.language)):
                raise Refused(
                    "changed_meanwhile",
                    _("Somebody else has changed this wording while you were writing. Yours is kept here: look again."),
                )
            save_text(
                chain=self.chain,
                kind=self.kind.code,
                language=self.language,
                subject=form.cleaned_data["subject"],
                body=form.cleaned_data["body"],
                actor=self.actor,
            )
        return _("Saved: from now on notices of this kind read so.")

    def refuse(self, form: Any, fault: DomainError) -> HttpResponse:
        if fault.code == "changed_meanwhile":
            data = form.data.copy()
            data["seen"] = self.mark(wording(self.chain, self.kind, self.language))
            form.data = data
            del self.stands
        return super().refuse(form, fault)

    def done(self) -> HttpResponse:
        return self.back("wording", self.kind.code, self.language)


class ResetWording(WordingMixin, StaffAction):
    """Go back to the product's own words."""

    def act(self) -> str:
        reset_text(chain=self.chain, kind=self.kind.code, language=self.language, actor=self.actor)
        return _("The product's own wording is in use again. What stood there before is in the journal.")

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            messages.success(self.request, self.act())
        except DomainError as fault:
            messages.error(self.request, str(fault))
        return self.back("wording", self.kind.code, self.language)
