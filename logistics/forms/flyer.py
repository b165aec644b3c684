"""The form with which a flyer is sent."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from logistics.services.windows import Terms
from sessions.forms.fields import ReasonField


class FlyerForm(forms.Form):
    """One file. What it really is, the service looks at; too large a one is not even read."""

    flyer = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,application/pdf,image/png,image/jpeg"}),
    )

    def __init__(
        self, *args: Any, terms: Terms, is_required: bool = True, asks_why: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.most = terms.flyer_bytes_max
        self.fields["flyer"].required = is_required
        self.fields["flyer"].help_text = _("PDF, PNG or JPEG, at most %(size)s.") % {"size": filesizeformat(self.most)}
        if asks_why:
            self.fields["reason"] = ReasonField(help_text=_("Who asked for it, and how. It stands in the journal."))

    def clean_flyer(self) -> Any:
        """Return the file, unless it is larger than the rules let it be."""
        file = self.cleaned_data["flyer"]
        if file and file.size > self.most:
            raise ValidationError(_("The file is larger than %(size)s.") % {"size": filesizeformat(self.most)})
        return file
