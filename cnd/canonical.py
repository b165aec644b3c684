"""Canonical JSON (RFC 8785) and its SHA-256: what announcements, proofs, receipts and the journal are hashed over."""

import hashlib
from typing import Any

import rfc8785


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a JSON value. Raises rfc8785.CanonicalizationError for what JSON cannot hold."""
    return rfc8785.dumps(value)


def sha256_of(value: Any) -> str:
    """Return the lower-case hexadecimal SHA-256 of the canonical JSON of a value."""
    return hashlib.sha256(canonical(value)).hexdigest()
