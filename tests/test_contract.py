"""The contract in docs/openapi.json is that of the code, complete, and its examples are true."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from cnd import contract

JSON = {"application/json", "application/problem+json"}
Operation = tuple[str, dict[str, Any]]


def operations() -> list[Any]:
    found = [
        (f"{method} {path}", operation)
        for path, methods in contract.document()["paths"].items()
        for method, operation in methods.items()
    ]
    return [pytest.param(operation, id=name) for name, operation in found]


def examples(operation: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield the schema and the value of every example of what is sent and answered."""
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    for body in [*bodies, *operation["responses"].values()]:
        for content in body.get("content", {}).values():
            for example in content["examples"].values():
                yield content["schema"], example["value"]


def test_the_contract_in_the_repository_is_that_of_the_code() -> None:
    call_command("contract", "--check")


def test_a_contract_that_is_out_of_date_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(contract, "FILE", tmp_path / "openapi.json")
    with pytest.raises(CommandError, match=r"manage\.py contract"):
        call_command("contract", "--check")
    call_command("contract")
    call_command("contract", "--check")


def test_the_contract_is_openapi_3_1() -> None:
    assert contract.document()["openapi"] == "3.1.0"


def test_the_service_shows_it_to_any_origin(client: Client) -> None:
    answer = client.get("/api/schema/", headers={"Origin": "https://elsewhere.example"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer.json() == json.loads(contract.FILE.read_text("utf-8"))


@pytest.mark.parametrize("operation", operations())
def test_every_body_of_an_operation_has_an_example(operation: dict[str, Any]) -> None:
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    missing = [
        name
        for body in [*bodies, *operation["responses"].values()]
        for name, content in body.get("content", {}).items()
        if not content.get("examples")
    ]
    assert missing == []


@pytest.mark.parametrize("operation", operations())
def test_examples_are_what_their_schema_says(operation: dict[str, Any]) -> None:
    faults = [
        (fault.json_path, fault.message)
        for schema, value in examples(operation)
        for fault in jsonschema.Draft202012Validator(
            schema | {"components": contract.document()["components"]},
            format_checker=jsonschema.FormatChecker(),
        ).iter_errors(value)
    ]
    assert faults == []


@pytest.mark.parametrize("operation", operations())
def test_every_refusal_is_a_problem(operation: dict[str, Any]) -> None:
    contents = [list(body["content"]) for status, body in operation["responses"].items() if status >= "400"]
    assert contents
    assert {name for names in contents for name in names} == {"application/problem+json"}


@pytest.mark.parametrize("operation", operations())
def test_every_operation_says_what_it_is_and_of_each_parameter_what_it_means(operation: dict[str, Any]) -> None:
    assert operation["operationId"]
    assert operation["summary"]
    assert [each["name"] for each in operation.get("parameters", []) if not each.get("description")] == []
