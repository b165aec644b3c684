import re
from pathlib import Path

import pytest
from django.conf import settings

from logistics.views.journal_words import ACTIONS


@pytest.mark.once
def test_every_action_that_is_journalled_has_its_words() -> None:
    services = (Path(settings.BASE_DIR) / "logistics" / "services").rglob("*.py")
    written = {action for path in services for action in re.findall(r'action="(\w+)"', path.read_text("utf-8"))}

    assert written - ACTIONS.keys() - {"correct_rule"} == set()
