"""The division of the speaking slots among the regional groups (RULES 2, "quota of each group")."""

from collections.abc import Mapping


def propose_quotas(slots: int, inscribed: Mapping[str, int]) -> dict[str, int]:
    """Propose a quota for each group by largest remainder over its inscribed delegations.

    The sum is `slots`. Ties go to the group with more inscribed, then by code. While all inscribed fit, no group is
    proposed fewer than it has inscribed: its exact share is then at least that many. With nobody inscribed yet all
    groups weigh the same.
    """
    weights = dict(inscribed) if any(inscribed.values()) else dict.fromkeys(inscribed, 1)
    total = sum(weights.values())
    shares = {code: divmod(slots * weight, total) for code, weight in weights.items()}
    quotas = {code: whole for code, (whole, _) in shares.items()}
    left = slots - sum(quotas.values())
    by_remainder = sorted(shares, key=lambda code: (-shares[code][1], -weights[code], code))
    for code in by_remainder[:left]:
        quotas[code] += 1
    return {code: quotas[code] for code in sorted(quotas)}
