"""What may be sent to the API: an object of known members, each fault named."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses members it does not know: a misspelt one that is ignored looks like one that was taken."""

    def to_internal_value(self, data: Any) -> Any:
        faults = {name: [_("There is no such member.")] for name in sorted(set(data) - set(self.fields))}
        try:
            value = super().to_internal_value(data)
        except ValidationError as fault:
            named = fault.detail if isinstance(fault.detail, dict) else {"": fault.detail}
            raise ValidationError({**named, **faults}) from fault
        if faults:
            raise ValidationError(faults)
        return value


def read(shape: type[StrictSerializer], data: Any) -> dict[str, Any]:
    """Return what was sent as `shape` has it. Raises ValidationError naming every fault."""
    if not isinstance(data, dict):
        raise ValidationError({"": [_("An object is expected.")]})
    given = shape(data=data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
