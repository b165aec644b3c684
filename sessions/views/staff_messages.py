"""A message of the secretariat to an audience: written, looked at a second time with everyone it reaches, sent."""

from copy import copy
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cnd.errors import DomainError, Refused
from cnd.models import Cause, Notice, User
from cnd.outbox.texts import render
from sessions.forms.messages import MessageForm
from sessions.services.audiences import audiences_for_messages
from sessions.services.messages import EVERY_LANGUAGE, KIND, Reach, check_message, send_message
from sessions.views.staff_base import StaffForm, carrying
from sessions.views.staff_previews import keep_preview

MOST_LISTED = 1_000
"""How many people the second look names; so many no session has."""


class Message(StaffForm):
    """The form, then a second look at which nothing is sent yet, then the sending."""

    template_name = "sessions/staff/message.html"
    form_class = MessageForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"audiences": audiences_for_messages(self.meeting_session)}

    def get_initial(self) -> dict[str, Any]:
        return {"audience": self.request.GET.get("audience", "")[:96]}

    def form_valid(self, form: MessageForm) -> HttpResponse:
        step = self.request.POST.get("step")
        if step == "change":
            return self.render_to_response(self.get_context_data(form=form))
        try:
            if step != "send":
                return self._second_look(form)
            cause = self._send(form)
        except DomainError as fault:
            if fault.code == "audience_changed":
                messages.warning(self.request, str(fault))
                return self._second_look(form, status=fault.status)
            return self.refuse(form, fault)
        count = Notice.objects.filter(cause=cause).values("recipient").distinct().count()
        said = ngettext("The message goes to one person.", "The message goes to %(n)d people.", count) % {"n": count}
        messages.success(self.request, said)
        return self.back("notices-of", cause.pk)

    def _send(self, form: MessageForm) -> Cause:
        given = form.cleaned_data
        if not given["seen"]:
            raise Refused("not_looked", _("Look at whom it reaches before you send it."))
        return send_message(
            session=self.meeting_session,
            audience=given["audience"],
            subject=form.words("subject"),
            text=form.words("text"),
            actor=self.actor,
            nonce=given["nonce"],
            seen=given["seen"],
        )

    def _second_look(self, form: MessageForm, *, status: int = 200) -> HttpResponse:
        given = form.cleaned_data
        words = {part: form.words(part) for part in ("subject", "text")}
        check_message(self.meeting_session, given["audience"], words, given["nonce"])
        reach = Reach(self.meeting_session, given["audience"])
        if not reach.told:
            raise Refused(
                "nobody_reached",
                _("Nobody would be reached: nobody of this audience has an account that can be told anything."),
                fields={"audience": [_("Nobody of this audience can be reached.")]},
            )
        carrying(form, seen=reach.fingerprint)
        self.template_name = "sessions/staff/message_confirm.html"
        context = self.get_context_data(
            form=form,
            audience=form.titles[given["audience"]],
            channels=[
                {"code": code, "title": label, "people": reach.on(code)[0], "delegations": reach.on(code)[1]}
                for code, label in Notice.Channel.choices
            ],
            reach=reach,
            listed=reach.people[:MOST_LISTED],
            not_told=len(reach.people) - len(reach.told),
            previews=self._previews(form, reach.told[0].user),
        )
        return self.render_to_response(context, status=status)

    def _previews(self, form: MessageForm, reader: User) -> list[dict[str, Any]]:
        """Return the mail in every language in which it was written, as one of its readers gets it."""
        subject, text = form.words("subject"), form.words("text")
        cause = Cause(
            chain=self.meeting_session.chain,
            kind=KIND,
            key="message/preview",
            audience=form.cleaned_data["audience"],
            context={"subject": subject, "text": text},
        )
        previews = []
        without = [code for code in ("en", *dict(settings.LANGUAGES)) if code not in subject]
        for language in subject:
            if language == EVERY_LANGUAGE and not without:
                continue
            shown = copy(reader)
            shown.language = without[0] if language == EVERY_LANGUAGE else language
            mail = render(Notice(cause=cause, recipient=shown))
            previews.append(
                {
                    "name": keep_preview(self.request, mail.html),
                    "code": shown.language,
                    "title": _("All languages without words of their own")
                    if language == EVERY_LANGUAGE
                    else dict(settings.LANGUAGES)[language],
                    "subject": mail.subject,
                    "text": mail.text,
                }
            )
        return previews
