"""The form of a proof bundle, `cnd-proof/1`, as a JSON Schema: what is not of this form is no bundle at all."""

from typing import Any

from sessions.domain.result import RANK_OF_KIND

BUNDLE_FORMAT = "cnd-proof/1"
ANNOUNCEMENT_FORMAT = "cnd-announcement/1"

_TEXT = {"type": "string", "maxLength": 2000}
_HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 1_000_000}
_ROUND = {"type": "integer", "minimum": 1, "maximum": 50_000_000_000}
_BOOL = {"type": "boolean"}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_LATER_ROUND = _object(kind={"const": "drand"}, round=_ROUND, not_before=_TIME)
_SOURCES = [
    _object(
        kind={"const": "drand"},
        chain=_TEXT,
        chain_hash=_HASH,
        public_key={"type": "string", "pattern": "^[0-9a-f]{192}$"},
        genesis=_COUNT | {"maximum": 2**53},
        period_s=_COUNT,
        round=_ROUND,
        not_before=_TIME,
        deadline=_TIME,
        substitute=_LATER_ROUND,
    ),
    _object(
        kind={"const": "numbers"},
        title=_TEXT,
        count=_COUNT,
        minimum=_COUNT,
        maximum=_COUNT,
        ordered=_BOOL,
        distinct=_BOOL,
        not_before=_TIME,
        deadline=_TIME,
        substitute={"anyOf": [_object(kind={"const": "omitted"}), _LATER_ROUND]},
    ),
    _object(
        kind={"const": "rehearsal_seed"},
        commitment=_HASH,
        not_before=_TIME,
        deadline=_TIME,
        substitute=_object(kind={"const": "commitment"}),
    ),
]
_VALUES = [
    _object(
        kind={"const": "drand"},
        round=_ROUND,
        signature={"type": "string", "pattern": "^[0-9a-f]{96}$"},
        randomness=_HASH,
        substituted=_BOOL,
    ),
    _object(kind={"const": "numbers"}, numbers=_list(_COUNT), entered_by=_list(_TEXT), substituted={"const": False}),
    _object(kind={"const": "rehearsal_seed"}, seed=_TEXT, substituted={"const": False}),
    _object(kind={"const": "omitted"}, substituted={"const": True}),
    _object(kind={"const": "commitment"}, value=_HASH, substituted={"const": True}),
]
ANNOUNCEMENT = _object(
    format={"const": ANNOUNCEMENT_FORMAT},
    session=_object(code=_TEXT, title=_TEXT, time_zone=_TEXT),
    attempt=_COUNT | {"minimum": 1},
    previous=_maybe(
        _object(attempt=_COUNT, announcement_sha256=_HASH, proof_sha256=_maybe(_HASH), reason=_TEXT | {"minLength": 1})
    ),
    rehearsal=_BOOL,
    announced_at=_TIME,
    announced_at_session=_TIME,
    draw_at=_TIME,
    draw_at_session=_TIME,
    algorithm=_TEXT,
    interleaving=_TEXT,
    ordering=_object(rule=_TEXT, levels=_list(_TEXT), meetings=_list(_object(number=_COUNT, slots=_COUNT))),
    slots=_COUNT,
    groups=_list(_object(code=_TEXT, quota=_COUNT)),
    roster=_list(_object(code=_TEXT, group=_TEXT, level=_TEXT)),
    group_statements=_list(_object(delegation=_TEXT, group=_TEXT, level=_TEXT)),
    others=_list(_object(code=_TEXT, kind={"enum": list(RANK_OF_KIND)}, level=_TEXT)),
    sources=_list({"anyOf": _SOURCES}, minItems=1),
)
_SPEAKER = _object(
    place=_COUNT,
    statement={"enum": ["group", "national", "other"]},
    delegation=_TEXT,
    group=_maybe(_TEXT),
    level=_TEXT,
    slot=_maybe(_COUNT),
    meeting=_maybe(_COUNT),
)
BUNDLE = _object(
    format={"const": BUNDLE_FORMAT},
    announcement=ANNOUNCEMENT,
    announcement_sha256=_HASH,
    values=_list({"anyOf": _VALUES}, minItems=1),
    result=_object(
        d=_TEXT | {"maxLength": 100_000},
        group_order=_list(_object(group=_TEXT, lot=_HASH)),
        lots=_list(_object(rank=_COUNT, code=_TEXT, group=_TEXT, group_rank=_COUNT, lot=_HASH)),
        slots=_list(_object(number=_COUNT, group=_TEXT, delegation=_maybe(_TEXT))),
        waiting=_list(_object(group=_TEXT, delegations=_list(_TEXT))),
        speakers=_list(_SPEAKER),
    ),
    rehearsal=_BOOL,
    statement=_TEXT,
    unchecked=_list(_TEXT),
    drawn_at=_TIME,
    drawn_at_session=_TIME,
    sha256=_HASH,
)
