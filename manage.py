#!/usr/bin/env python
"""Run a management command of the planner."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cnd.settings")
    if sys.argv[1:2] == ["rehearse"]:
        # It makes an environment of its own, whatever this one is or lacks.
        os.environ["CND_ENV"] = "test"
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as fault:
        sys.exit(f"Not configured: {fault}")


if __name__ == "__main__":
    main()
