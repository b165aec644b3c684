"""The contract as a page for people: what there is, what one sends, what one gets, each with an example."""

import functools
import json
from http import HTTPStatus
from typing import Any

from django.views.generic import TemplateView

from cnd import contract


class Reference(TemplateView):
    """The API, operation by operation. The words are those of the contract, in English."""

    template_name = "cnd/api.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(operations=operations(), **kwargs)


@functools.cache
def operations() -> list[dict[str, Any]]:
    """Return what the page shows of every operation, in the order of the contract."""
    return [
        _operation(path, method, operation)
        for path, methods in contract.document()["paths"].items()
        for method, operation in methods.items()
    ]


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "parameters": [_parameter(each) for each in operation.get("parameters", [])],
        "sent": [example for body in bodies for example in _examples(body)],
        "answers": [
            {
                "status": f"{status} {HTTPStatus(int(status)).phrase}",
                "description": answer.get("description", ""),
                "examples": _examples(answer) if status < "300" else [],
            }
            for status, answer in operation["responses"].items()
        ],
    }


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    bounds = [str(schema[name]) for name in ("minimum", "maximum") if name in schema]
    return {
        "name": parameter["name"],
        "in": parameter["in"],
        "is_required": parameter.get("required", False),
        "kind": " | ".join(map(str, schema["enum"])) if "enum" in schema else schema["type"],
        "bounds": " – ".join(bounds),
        "default": schema.get("default"),
        "description": parameter["description"],
    }


def _examples(body: dict[str, Any]) -> list[str]:
    return [
        json.dumps(example["value"], indent=2, ensure_ascii=False)
        for content in body.get("content", {}).values()
        for example in content["examples"].values()
    ]
