"""What the pages with passkeys hand to the browser."""

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder

register = template.Library()


@register.filter
def as_json(value: Any) -> str:
    """Write options as JSON for an attribute: a strict policy allows no script in the page."""
    return json.dumps(value, cls=DjangoJSONEncoder)
