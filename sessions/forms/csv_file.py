"""Forms of an import: a CSV file that is read, and its preview that is confirmed."""

from typing import Any, ClassVar

from django import forms
from django.core import signing
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

MOST_BYTES = 400_000


class CsvFileForm(forms.Form):
    """Rows as a file or as pasted text."""

    file = forms.FileField(
        label=_("CSV file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )
    text = forms.CharField(
        label=_("Or paste the rows here, with their header"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false", "dir": "ltr"}),
    )

    def clean(self) -> dict[str, Any]:
        """Have one of the two, and no more than can be read at once."""
        given = super().clean() or {}
        file, text = given.get("file"), given.get("text", "")
        if file and text.strip():
            self.add_error("text", _("Give the file or the pasted rows, not both."))
        elif file is None and not text.strip() and "file" not in self.errors:
            self.add_error("file", _("Choose a file, or paste the rows."))
        elif (file.size if file else len(text.encode())) > MOST_BYTES:
            self.add_error("file" if file else "text", _("This is too long for a roster: at most 400 kB."))
        return given


class PreviewedForm(forms.Form):
    """The previewed text, signed, so that exactly what was seen is imported."""

    salt: ClassVar[str]
    """What is imported: the preview of one import is none of another."""
    previewed = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, of: Model, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of = of

    @classmethod
    def sealed(cls, of: Model, text: str) -> str:
        """Return the text so that it comes back unaltered, and for this session or debate alone."""
        return signing.dumps({"of": of.pk, "text": text}, salt=cls.salt, compress=True)

    def clean_previewed(self) -> str:
        """Return the very text that was previewed."""
        broken = _("The preview does not belong to this page; read the file again.")
        try:
            carried = signing.loads(self.cleaned_data["previewed"], salt=self.salt)
        except signing.BadSignature as fault:
            raise forms.ValidationError(broken, code="not_previewed") from fault
        if carried.get("of") != self.of.pk:
            raise forms.ValidationError(broken, code="not_previewed")
        return str(carried["text"])
