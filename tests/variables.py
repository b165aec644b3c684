"""The variables that the settings read from the environment, found in their text: nothing is configured by looking."""

import ast
import functools
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@functools.cache
def of_the_settings() -> frozenset[str]:
    """Return every variable that the settings read from the environment."""
    parts = [ROOT / "cnd/env.py", *(ROOT / "cnd").glob("settings*.py")]
    found = set()
    for node in (node for part in parts for node in ast.walk(ast.parse(part.read_text("utf-8")))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if ast.unparse(node.func.value) == "env" and isinstance(node.args[0], ast.Constant):
            found.add(str(node.args[0].value))
    return frozenset(found)
