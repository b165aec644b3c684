"""The standalone verifier: true bundles, every field altered in turn, garbage, and the standard library alone."""

import ast
import contextlib
import copy
import hashlib
import importlib.util
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sessions.standalone_bundles import (
    BUNDLES,
    LEVELS,
    R657413,
    SIGNATURES,
    Json,
    drand,
    drand_source,
    hand_out,
    make,
    rehash,
)

pytestmark = pytest.mark.once

SCRIPT = Path(__file__).resolve().parents[2] / "sessions" / "standalone" / "verify_draw.py"
spec = importlib.util.spec_from_file_location("standalone_verify_draw", SCRIPT)
assert spec is not None
assert spec.loader is not None
verifier: Any = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verifier)


@pytest.fixture
def without_bls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the BLS library be absent: it takes a second a time, and most tests are about something else."""
    monkeypatch.setitem(sys.modules, "py_ecc.optimized_bls12_381", None)


def run(file: Path, content: Json | bytes, *options: str) -> tuple[int, str, str]:
    """Write a file, verify it, and return exit status, standard output and standard error."""
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = verifier.main([str(file), *options])
    return status, out.getvalue(), err.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bundle.json"


@pytest.mark.usefixtures("without_bls")
@pytest.mark.parametrize("name", BUNDLES)
def test_a_true_bundle_is_true(name: str, file: Path) -> None:
    bundle = BUNDLES[name]
    status, out, err = run(file, bundle, "--announced", bundle["announcement_sha256"])
    assert (status, err) == (0, "")
    assert out.splitlines()[-1].startswith(f"TRUE: the drawing of cnd67, attempt {bundle['announcement']['attempt']}, ")
    assert sum(line.startswith("UNCHECKED") for line in out.splitlines()) == len(bundle["unchecked"]) + sum(
        value["kind"] == "drand" for value in bundle["values"]
    )


def test_a_drand_bundle_passes_strict_with_the_hash_from_outside(file: Path) -> None:
    bundle = BUNDLES["drand"]
    spaced = " ".join(re.findall("....", bundle["announcement_sha256"].upper()))
    status, out, _ = run(file, bundle, "--announced", spaced, "--strict")
    assert (status, "ok        the BLS signature of drand's round 657413" in out) == (0, True)


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(SIGNATURES[1000], id="of another round"),
        pytest.param("c0" + "00" * 47, id="the point at infinity"),
        pytest.param("80" + "00" * 46 + "04", id="a point outside the subgroup"),
        pytest.param("ff" * 48, id="no point"),
    ],
)
def test_a_wrong_signature_with_its_own_hash_is_false(signature: str, file: Path) -> None:
    randomness = hashlib.sha256(bytes.fromhex(signature)).hexdigest()
    forged = {**drand(657413), "signature": signature, "randomness": randomness}
    status, out, _ = run(file, make(randomness, [(drand_source(657413), forged)]))
    assert (status, out.splitlines()[-1].split(":")[0]) == (1, "FALSE     values/0/signature")


def test_the_known_key_is_a_point_of_the_right_subgroup() -> None:
    from py_ecc.bls.point_compression import decompress_G2
    from py_ecc.optimized_bls12_381 import curve_order, is_inf, multiply

    key = verifier.QUICKNET["public_key"]
    point = decompress_G2((int(key[:96], 16), int(key[96:], 16)))
    assert (is_inf(point), is_inf(multiply(point, curve_order))) == (False, True)


def test_the_published_example_is_ranked_as_by_icanns_program() -> None:
    lots = {code: verifier.lot(code, R657413)[:8] for code in ("AT", "BR", "CN", "KE", "RO")}
    assert lots == {"RO": "f0301f7c", "CN": "c1f4e1fd", "BR": "b94e18eb", "KE": "6f97a285", "AT": "44f8564f"}


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_interleaving_is_what_handing_out_slot_by_slot_gives(quotas: list[int]) -> None:
    by_code = {f"g{index}": quota for index, quota in enumerate(quotas)}
    assert verifier.interleave(list(by_code), by_code) == hand_out(list(by_code), by_code)


@settings(max_examples=40)
@given(st.recursive(st.integers(-(2**53) + 1, 2**53 - 1) | st.text() | st.booleans() | st.none(), st.lists))
def test_canonical_json_is_that_of_rfc_8785(value: Any) -> None:
    assert verifier.canonical({"b": value, "a": [value]}) == rfc8785.dumps({"b": value, "a": [value]})


@pytest.mark.usefixtures("without_bls")
def test_strict_refuses_what_is_unchecked_or_not_compared(file: Path) -> None:
    bundle = BUNDLES["rehearsal"]
    status, out, _ = run(file, bundle, "--strict")
    assert (status, out.splitlines()[-1].split(":")[0]) == (1, "NOT PROVEN (--strict)")
    assert run(file, bundle, "--strict", "--announced", bundle["announcement_sha256"])[0] == 0
    bundle = BUNDLES["drand"]
    assert run(file, bundle, "--strict", "--announced", bundle["announcement_sha256"])[0] == 1


@pytest.mark.usefixtures("without_bls")
def test_a_bundle_forged_throughout_is_found_by_the_hash_from_outside_alone(file: Path) -> None:
    pairs = [(drand_source(657413), drand(657413))]
    forged = make(R657413, pairs, attempt=2)
    status, out, _ = run(file, forged)
    assert (status, "\nNOT COMPARED: the announcement's hash was not given" in out) == (0, True)
    status, out, _ = run(file, forged, "--announced", BUNDLES["drand"]["announcement_sha256"])
    assert (status, out.splitlines()[-1].split(":")[0]) == (1, "FALSE     announcement_sha256")


def test_a_rehearsal_says_so_first(file: Path) -> None:
    assert run(file, BUNDLES["rehearsal"])[1].startswith("REHEARSAL *** ")


# Every field altered in turn ------------------------------------------------------------------------------------------

# What nothing shows once the bundle's own hash was made anew, as it stands outside the announcement and nothing follows
# from it: who entered numbers where drand decides too, and the words about what is unchecked. Each of these comes with
# a line UNCHECKED, so that --strict refuses it.
UNSEEN = re.compile(r"values/\d+/entered_by(/\d+)?|unchecked/\d+")
# What only the hash from outside shows once both hashes were made anew: names and words, hashes of the earlier attempt
# (another bundle), levels of those who got no slot, and bounds that hold as well when moved a little.
ONLY_ANNOUNCED = re.compile(
    r"announcement/(session/(code|title|time_zone)|previous/(announcement_sha256|proof_sha256|reason)|roster/\d+/level"
    r"|sources/\d+/(title|count|minimum|maximum|ordered|distinct|deadline|not_before)|group_statements)"
)
WHOLE = "numbers and drand"


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from walk(item, f"{path}/{key}".lstrip("/"))


def put(bundle: Json, path: str, new: Any) -> Json:
    """Copy a bundle with another value at a path."""
    copied = copy.deepcopy(bundle)
    *above, last = path.split("/")
    target: Any = copied
    for key in above:
        target = target[int(key)] if isinstance(target, list) else target[key]
    target[int(last) if isinstance(target, list) else last] = new
    return copied


def others(value: Any) -> list[Any]:
    """Give other values of the same type, some of the same form."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, list):
        return [new for new in (value[1:], [*value, *value[-1:]], value[::-1]) if new != value]
    if value in LEVELS:
        return [LEVELS[LEVELS.index(value) - 1]]
    if isinstance(value, str):
        digits = [at for at, character in enumerate(value[:19]) if character.isdigit()][-1:]
        return [value + "x", *(value[:at] + str((int(value[at]) + 1) % 10) + value[at + 1 :] for at in digits)]
    return []


def alterations() -> Iterator[tuple[str, str, Any]]:
    for name, bundle in BUNDLES.items():
        for path, value in walk(bundle):
            if name == WHOLE or path.startswith(("announcement/sources/", "values/")):
                yield from ((name, path, new) for new in others(value))


@pytest.mark.usefixtures("without_bls")
def test_whatever_is_altered_is_false(file: Path) -> None:
    statuses = {(path, run(file, put(BUNDLES[name], path, new))[0]) for name, path, new in alterations()}
    assert {path for path, status in statuses if status == 2} == {"format", "announcement/format"}
    assert [path for path, status in statuses if status == 0] == []


@pytest.mark.usefixtures("without_bls")
def test_making_the_hash_of_the_bundle_anew_hides_nothing_else(file: Path) -> None:
    hidden = set()
    for name, path, new in alterations():
        if path != "sha256":
            status, out, _ = run(file, rehash(put(BUNDLES[name], path, new), announcement=False))
            if status == 0:
                hidden.add(path)
                assert "\nUNCHECKED sources/0: " in out
    assert hidden != set()
    assert [path for path in hidden if not UNSEEN.fullmatch(path)] == []


@pytest.mark.usefixtures("without_bls")
def test_making_all_hashes_anew_does_not_deceive_the_hash_from_outside(file: Path) -> None:
    hidden = set()
    for name, path, new in alterations():
        if path.startswith("announcement/"):
            forged = rehash(put(BUNDLES[name], path, new))
            assert run(file, forged, "--announced", BUNDLES[name]["announcement_sha256"])[0] != 0, path
            if run(file, forged)[0] == 0:
                hidden.add(path)
    assert hidden != set()
    assert [path for path in hidden if not ONLY_ANNOUNCED.fullmatch(path)] == []


@pytest.mark.usefixtures("without_bls")
def test_another_type_is_never_true(file: Path) -> None:
    hidden, replacements = set(), [None, "7", 7]
    for path, value in walk(BUNDLES[WHOLE]):
        for new in replacements:
            if path and type(new) is not type(value):
                forged = put(BUNDLES[WHOLE], path, new)
                is_hash = path in ("sha256", "announcement", "announcement_sha256")
                if run(file, forged if is_hash else rehash(forged))[0] not in (1, 2):
                    hidden.add(path)
    # Null there says that the earlier announcement was withdrawn; that it was not, only the hash from outside shows.
    assert hidden == {"announcement/previous/proof_sha256"}


@pytest.mark.usefixtures("without_bls")
def test_a_key_too_few_or_too_many_is_unusable(file: Path) -> None:
    for path, value in walk(BUNDLES[WHOLE]):
        if isinstance(value, dict) and path:
            key = list(value)[-1]
            assert run(file, put(BUNDLES[WHOLE], path, {k: v for k, v in value.items() if k != key}))[0] == 2, path
            assert run(file, put(BUNDLES[WHOLE], path, {**value, "more": 1}))[0] == 2, path


A, ROUND_TIME, SOON = "announcement/", "2023-09-15T11:00:03.000000Z", "2023-08-23T16:00:00.000000Z"


@pytest.mark.usefixtures("without_bls")
@pytest.mark.parametrize(
    ("name", "changes", "found"),
    [
        ("drand", {A + "announced_at": ROUND_TIME, A + "announced_at_session": ROUND_TIME}, A + "sources/0/not_before"),
        ("drand", {A + "sources/0/public_key": "83" * 96}, A + "sources/0/public_key"),
        ("drand", {A + "sources/0/period_s": 30}, A + "sources/0/period_s"),
        ("drand", {A + "sources/0/deadline": ROUND_TIME.replace(":03", ":02")}, A + "sources/0/deadline"),
        ("drand", {A + "sources/0/substitute/round": 657414}, A + "sources/0/substitute/not_before"),
        ("drand", {A + "others/0/code": "AT"}, A + "others/0"),
        ("drand", {A + "group_statements/0/group": "weog"}, A + "group_statements"),
        ("drand", {A + "roster/0/group": "none"}, A + "roster"),
        ("drand", {A + "groups/0/quota": -1, A + "slots": 2}, A + "groups/0"),
        ("drand", {A + "announced_at": "2023-02-30T15:09:27.000000Z"}, A + "announced_at"),
        ("drand", {"statement": "trust us"}, "statement"),
        ("drand substituted", {"drawn_at": SOON, "drawn_at_session": SOON}, "drawn_at"),
        ("rehearsal", {A + "rehearsal": False, "rehearsal": False}, A + "sources"),
        ("second attempt", {A + "attempt": 1}, A + "previous"),
        ("second attempt", {A + "previous/reason": ""}, A + "previous/reason"),
        ("second attempt", {A + "ordering/meetings": []}, A + "ordering/meetings"),
        (WHOLE, {A + "sources/0/deadline": ROUND_TIME}, A + "sources/1/not_before"),
        (WHOLE, {A + "sources/0/not_before": "2023-08-23T15:09:26.999999Z"}, A + "sources/0/not_before"),
        (WHOLE, {"values/0/numbers": [17, 3, 22]}, "values/0/numbers/0"),
        (WHOLE, {"values/0/numbers": [3, 3, 22]}, "values/0/numbers/1"),
        (WHOLE, {"values/0/numbers": [3, 17, 50]}, "values/0/numbers/2"),
        (WHOLE, {"values/0/entered_by": ["anna", "anna"]}, "values/0/entered_by"),
        (WHOLE, {"unchecked": []}, "unchecked"),
        (WHOLE, {"result/speakers/0/level": "ministry"}, "result/speakers/0/level"),
    ],
)
def test_what_breaks_a_rule_is_named_whatever_the_hashes_say(name: str, changes: Json, found: str, file: Path) -> None:
    forged = BUNDLES[name]
    for path, new in changes.items():
        forged = put(forged, path, new)
    status, out, _ = run(file, rehash(forged))
    assert (status, out.splitlines()[-1].split(":")[0]) == (1, f"FALSE     {found}")


# What is no bundle ----------------------------------------------------------------------------------------------------

TRUE = json.dumps(BUNDLES["rehearsal"]).encode()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"9" * 100_000, id="a number of a hundred thousand digits"),
        pytest.param(TRUE.replace(b'"attempt": 1', b'"attempt": 1.0'), id="a float"),
        pytest.param(TRUE.replace(b'"attempt": 1', b'"attempt": NaN'), id="NaN"),
        pytest.param(TRUE.replace(b'"attempt": 1', b'"attempt": 9007199254740993'), id="an inexact integer"),
        pytest.param(TRUE.replace(b'"attempt": 1', b'"attempt": 1, "attempt": 1'), id="a key twice"),
        pytest.param(TRUE.replace(b"cnd67", rb"\ud800"), id="half a character"),
        pytest.param(TRUE.replace(b"cnd-proof/1", b"cnd-proof/2"), id="another format"),
    ],
)
def test_what_is_no_bundle_is_unusable_in_one_sentence(content: bytes, file: Path) -> None:
    status, out, err = run(file, content)
    assert (status, out, err.count("\n"), err.startswith("verify_draw: ")) == (2, "", 1, True)


def test_too_large_a_file_or_drawing_is_unusable(file: Path) -> None:
    with file.open("wb") as large:
        large.truncate(50_000_001)
    assert verifier.main([str(file)]) == 2
    many = copy.deepcopy(BUNDLES["rehearsal"])
    many["announcement"].update(
        slots=10**12, groups=[{"code": c, "quota": 10**12 * (c == "weog")} for c in ("african", "asia", "weog")]
    )
    assert run(file, rehash(many))[0] == 2


def test_no_file_and_no_hash_are_unusable(file: Path) -> None:
    assert verifier.main([str(file)]) == 2
    assert run(file, TRUE, "--announced", "abc")[0] == 2


@given(
    st.binary()
    | st.tuples(st.integers(0, len(TRUE)), st.integers(0, 40), st.binary(max_size=8)).map(
        lambda cut: TRUE[: cut[0]] + cut[2] + TRUE[cut[0] + cut[1] :]
    )
)
@settings(max_examples=150, deadline=None)
def test_no_bytes_whatever_make_a_traceback(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    status, out, err = run(tmp_path_factory.getbasetemp() / "garbage.json", content)
    assert status in (0, 1, 2)
    assert all(" " <= character <= "~" for character in (out + err).replace("\n", ""))


# On its own -----------------------------------------------------------------------------------------------------------


def test_the_standard_library_alone_suffices(file: Path) -> None:
    file.write_text(json.dumps(BUNDLES["drand"]), encoding="utf-8")
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=file.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert "UNCHECKED the BLS signature: no library installed (pip install py-ecc)\n" in done.stdout
    assert done.stdout.endswith("(2 things unchecked, see above)\n")
    assert subprocess.run([*command, "--strict"], capture_output=True, check=False).returncode == 1


def test_the_script_is_for_python_3_9_and_knows_nothing_of_this_project() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting_is_unusable_too(opening: str, file: Path) -> None:
    # In a process of its own: py_ecc, once imported anywhere, lifts the limit that stops Python's reader of JSON.
    file.write_text(opening * 200_000, encoding="ascii")
    done = subprocess.run([sys.executable, str(SCRIPT), str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
