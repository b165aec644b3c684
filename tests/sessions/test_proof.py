"""The proof: whatever is altered is found, by the product's verifier and by the independent one alike (RULES 3, 6)."""

import contextlib
import importlib.util
import io
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from cnd.canonical import sha256_of
from cnd.clock import parse_rfc3339
from sessions.domain import drand
from sessions.domain.proof import Discrepancy, NotABundle, make_bundle, verify
from tests.sessions.bundles import announcement, bundle, drand_value, good_bundles, sealed
from tests.sessions.mutations import alterations, at, others, paths, put
from tests.sessions.rounds import KNOWN, SIGNATURE

pytestmark = pytest.mark.once

SCRIPT = Path(__file__).resolve().parents[2] / "sessions" / "standalone" / "verify_draw.py"
GOOD = good_bundles()
UNCHECKED = {name: len(made["unchecked"]) for name, made in GOOD.items()}
Verifier = Callable[..., int]


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    """Return the independent verifier as a function from a bundle to its exit status."""
    spec = importlib.util.spec_from_file_location("independent_verifier", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    file = tmp_path_factory.mktemp("proofs") / "bundle.json"

    def run(made: Any, *options: str) -> int:
        file.write_text(json.dumps(made), encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            status: int = module.main([str(file), *options])
        return status

    return run


@pytest.fixture
def without_bls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the independent verifier leave the signature unchecked: it takes half a second each time.

    The product's verifier remembers those that it has checked.
    """
    assert [drand.is_genuine(number, SIGNATURE[number]) for number in KNOWN] == [True, True]
    monkeypatch.setitem(sys.modules, "py_ecc.optimized_bls12_381", None)


def product(made: Any, **more: str) -> int:
    """Return the exit status that the product's verifier comes to."""
    try:
        verify(made, **more)
    except NotABundle:
        return 2
    except Discrepancy:
        return 1
    return 0


def is_about_form(words: str) -> bool:
    """Tell whether an alteration is of the form, which making hashes anew does not change."""
    return words.endswith((" null", " of another type", " missing", " with more"))


# --- good ones --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_bls")
@pytest.mark.parametrize("name", GOOD)
def test_good_bundle_is_true_for_both(name: str, standalone: Verifier) -> None:
    made = GOOD[name]
    assert (product(made), standalone(made)) == (0, 0)


@pytest.mark.parametrize("name", ["drand", "rehearsal", "numbers and drand", "round replaced"])
def test_good_bundle_is_strictly_true_where_nothing_is_unchecked(name: str, standalone: Verifier) -> None:
    made = GOOD[name]
    announced = made["announcement_sha256"]
    is_complete = verify(made, announced=announced).is_complete
    status = standalone(made, "--announced", announced, "--strict")
    assert (is_complete, status) == ((True, 0) if UNCHECKED[name] == 0 else (False, 1))


def test_without_a_hash_from_outside_nothing_is_compared() -> None:
    verification = verify(GOOD["drand"])
    assert (verification.is_compared, verification.is_complete) == (False, False)


@pytest.mark.parametrize("spelling", [str.upper, lambda given: f" {given[:32]} {given[32:]}\n"])
def test_hash_read_out_may_be_written_in_capitals_and_blocks(spelling: Callable[[str], str]) -> None:
    given = spelling(GOOD["drand"]["announcement_sha256"])
    assert verify(GOOD["drand"], announced=given).is_compared is True


def test_bundle_says_of_itself_what_its_hash_is() -> None:
    made = GOOD["drand"]
    assert made["sha256"] == sha256_of({name: value for name, value in made.items() if name != "sha256"})


# --- altered ones -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_bls")
def test_whatever_is_altered_is_found_by_both(standalone: Verifier) -> None:
    passed = [
        words for words, altered in alterations(GOOD["all three"]) if product(altered) == 0 or standalone(altered) == 0
    ]
    assert passed == []


@pytest.mark.usefixtures("without_bls")
@pytest.mark.parametrize("name", ["numbers and drand", "round replaced"])
def test_altered_with_hashes_made_anew_both_come_to_the_same(name: str, standalone: Verifier) -> None:
    made = [
        (words, sealed(altered))
        for words, altered in alterations(GOOD[name])
        if not is_about_form(words) and "announcement" in altered
    ]
    apart = [words for words, altered in made if (product(altered) == 0) != (standalone(altered) == 0)]
    assert apart == []


@pytest.mark.usefixtures("without_bls")
@pytest.mark.parametrize("part", ["values", "result", "rehearsal", "statement", "drawn_at", "drawn_at_session"])
def test_altered_outside_the_announcement_no_new_hash_hides_it(part: str, standalone: Verifier) -> None:
    good = GOOD["within meetings"]
    hidden = [
        f"{path} = {other!r}"
        for path in paths(good)
        if path and path[0] == part
        for other in others(at(good, path))
        if 0 in {product(sealed(put(good, path, other))), standalone(sealed(put(good, path, other)))}
    ]
    assert hidden == []


@pytest.mark.usefixtures("without_bls")
def test_forged_throughout_it_is_true_for_itself_and_false_against_the_announced_hash(standalone: Verifier) -> None:
    good = GOOD["all three"]
    shift = parse_rfc3339(good["drawn_at_session"]) - parse_rfc3339(good["drawn_at"])
    deceived, apart, forgeries = [], [], 0
    for words, announced in alterations(good["announcement"]):
        if is_about_form(words):
            continue
        try:
            drawn_at = parse_rfc3339(good["drawn_at"])
            forged = make_bundle(announced, good["values"], drawn_at=drawn_at, drawn_at_session=drawn_at + shift)
        except (ValueError, KeyError):
            continue
        outcome = (product(forged), standalone(forged))
        forgeries += outcome == (0, 0)
        if (outcome[0] == 0) != (outcome[1] == 0):
            apart.append(words)
        known = good["announcement_sha256"]
        if product(forged, announced=known) == 0 or standalone(forged, "--announced", known) == 0:
            deceived.append(words)
    assert (deceived, apart) == ([], [])
    assert forgeries > 10


def test_first_discrepancy_is_named() -> None:
    altered = sealed(put(GOOD["drand"], ("result", "lots", 2, "rank"), 9))
    with pytest.raises(Discrepancy, match=r"^result/lots/2/rank: is 9, computed 3$"):
        verify(altered)


# --- the value of a round ---------------------------------------------------------------------------------------------


def test_signature_of_another_round_with_its_own_randomness_is_found(standalone: Verifier) -> None:
    other = drand_value(1000) | {"round": 657413}
    forged = bundle(announcement(), [other])
    assert (product(forged), standalone(forged)) == (1, 1)


def test_round_that_was_not_announced_is_found(standalone: Verifier) -> None:
    forged = bundle(announcement(), [drand_value(1000)])
    assert (product(forged), standalone(forged)) == (1, 1)


def test_randomness_that_is_not_the_signatures_hash_is_found(standalone: Verifier) -> None:
    forged = bundle(announcement(), [drand_value() | {"randomness": "0" * 64}])
    assert (product(forged), standalone(forged)) == (1, 1)


def test_round_known_before_the_announcement_is_found(standalone: Verifier) -> None:
    after = {name: announcement()["draw_at"].replace("11:00:03", "11:00:04") for name in ("announced_at", "draw_at")}
    both = after | {f"{name}_session": moment for name, moment in after.items()}
    forged = bundle(announcement(**both), [drand_value()])
    assert (product(forged), standalone(forged)) == (1, 1)


@pytest.mark.usefixtures("without_bls")
def test_value_before_its_time_is_found(standalone: Verifier) -> None:
    early = parse_rfc3339(announcement()["draw_at"]) - timedelta(microseconds=1)
    forged = bundle(drawn_at=early)
    assert (product(forged), standalone(forged)) == (1, 1)


# --- the command ------------------------------------------------------------------------------------------------------


def run(made: Any, file: Path, *options: str) -> tuple[int, str, str]:
    file.write_text(made if isinstance(made, str) else json.dumps(made), encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("verify_draw", str(file), *options, stdout=out, stderr=err)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_command_says_true_and_what_was_not_compared(tmp_path: Path) -> None:
    status, out, _ = run(GOOD["drand"], tmp_path / "bundle.json")
    assert (status, out.splitlines()[-1]) == (0, "TRUE")
    assert "NOT COMPARED" in out


def test_command_names_the_first_discrepancy(tmp_path: Path) -> None:
    altered = sealed(put(GOOD["drand"], ("result", "lots", 2, "rank"), 9))
    assert run(altered, tmp_path / "bundle.json")[:2] == (1, "FALSE result/lots/2/rank: is 9, computed 3\n")


def test_strict_command_fails_without_a_hash_from_outside(tmp_path: Path) -> None:
    assert run(GOOD["drand"], tmp_path / "bundle.json", "--strict")[0] == 1


def test_strict_command_is_content_with_a_complete_proof(tmp_path: Path) -> None:
    made = GOOD["drand"]
    assert run(made, tmp_path / "bundle.json", "--strict", "--announced", made["announcement_sha256"])[0] == 0


def test_command_fails_against_another_hash(tmp_path: Path) -> None:
    assert run(GOOD["drand"], tmp_path / "bundle.json", "--announced", "0" * 64)[0] == 1


@pytest.mark.parametrize(
    "content",
    ["", "no JSON", "[]", "{}", "null", '{"format": "cnd-proof/1", "format": "cnd-proof/1"}', "[" * 100_000, "NaN"],
)
def test_what_is_no_bundle_is_unusable(content: str, tmp_path: Path) -> None:
    status, _, err = run(content, tmp_path / "bundle.json")
    assert (status, err.splitlines()[0].split()[0]) == (2, "UNUSABLE")


def test_missing_file_is_unusable(tmp_path: Path) -> None:
    err = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_draw", str(tmp_path / "nothing"), stderr=err)
    assert ended.value.code == 2
