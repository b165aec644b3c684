"""drand's quicknet chain: when a round exists, and whether a value is really its own (RULES 3, steps 2 and 6)."""

import hashlib
import sys
from datetime import UTC, datetime, timedelta
from functools import lru_cache

CHAIN = "quicknet"
CHAIN_HASH = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
PUBLIC_KEY = (
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc2"
    "2b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)
GENESIS = 1692803367
PERIOD_S = 3
_RECURSION_LIMIT = sys.getrecursionlimit()
_TAG = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"


def time_of_round(number: int) -> datetime:
    """Return the real moment at which a round's value comes into being."""
    return datetime.fromtimestamp(GENESIS, UTC) + timedelta(seconds=(number - 1) * PERIOD_S)


def first_round_at(moment: datetime) -> int:
    """Return the first round whose value comes into being at or after a real moment."""
    since_genesis = moment - datetime.fromtimestamp(GENESIS, UTC)
    return max(1, -(-since_genesis // timedelta(seconds=PERIOD_S)) + 1)


def randomness_of(signature: str) -> str:
    """Return the randomness of a round: the SHA-256 of its signature. Raises ValueError for what is no hexadecimal."""
    return hashlib.sha256(bytes.fromhex(signature)).hexdigest()


@lru_cache(maxsize=256)
def is_genuine(number: int, signature: str, public_key: str = PUBLIC_KEY) -> bool:
    """Tell whether a signature (96 hexadecimal digits) is the chain's own for this round.

    Takes about a second; scheme bls-unchained-g1-rfc9380. False for anything malformed.
    """
    # Imported here: it takes a while, which nobody but a verifier should wait for. It also raises the recursion limit
    # of the whole process so far that deeply nested JSON from outside would crash it.
    from py_ecc.bls.hash_to_curve import hash_to_G1
    from py_ecc.bls.point_compression import decompress_G1, decompress_G2
    from py_ecc.optimized_bls12_381 import (
        FQ12,
        G2,
        curve_order,
        final_exponentiate,
        is_inf,
        multiply,
        neg,
        pairing,
    )

    sys.setrecursionlimit(_RECURSION_LIMIT)

    if number < 1 or len(signature) != 96 or len(public_key) != 192:
        return False
    try:
        s = decompress_G1(int(signature, 16))
        key = decompress_G2((int(public_key[:96], 16), int(public_key[96:], 16)))
    except ValueError:
        return False
    if is_inf(s) or is_inf(key):
        return False
    if not is_inf(multiply(s, curve_order)) or not is_inf(multiply(key, curve_order)):
        return False  # on the curve, but outside the subgroup
    message = hashlib.sha256(number.to_bytes(8, "big")).digest()
    point = hash_to_G1(message, _TAG, hashlib.sha256)
    product = pairing(key, point, final_exponentiate=False) * pairing(neg(G2), s, final_exponentiate=False)
    return bool(final_exponentiate(product) == FQ12.one())
