"""What a user prefers: language, time zone, how notices reach them, and which of them they do not want by e-mail."""

import zoneinfo
from collections.abc import Iterable
from functools import cache

from django.conf import settings
from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor
from cnd.errors import Invalid, NotPermitted
from cnd.models import ResourceVersion, User
from cnd.outbox.kinds import Kind, kinds
from cnd.users import system_chain

REGIONS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip


@cache
def time_zones() -> dict[str, list[str]]:
    """Return the time zones that can be chosen, by region; UTC stands alone under no region."""
    regions: dict[str, list[str]] = {"": ["UTC"]}
    for name in sorted(zoneinfo.available_timezones()):
        region, slash, _place = name.partition("/")
        if slash and region in REGIONS:
            regions.setdefault(region, []).append(name)
    return regions


def optional_kinds() -> list[Kind]:
    """Return the kinds of notices that a reader may ask not to be mailed."""
    return [kind for kind in kinds() if kind.is_optional]


def change_preferences(
    *, user: User, language: str, time_zone: str, channels: str, muted_kinds: Iterable[str], actor: Actor
) -> User:
    """Change what a user prefers; only they themselves may. Changing nothing leaves no entry.

    Without a time zone, times are shown in that of the reader's device. Raises NotPermitted, Invalid.
    """
    if actor.user is None or actor.user.pk != user.pk or not actor.user.is_active:
        raise NotPermitted("not_your_account", _("This is not your account."))
    muted = sorted(set(muted_kinds))
    _check(language=language, time_zone=time_zone, channels=channels, muted=muted)
    wanted = {"language": language, "time_zone": time_zone, "channels": channels, "muted_kinds": muted}
    with journal.decision(system_chain(), action="change_preferences", subject=f"user:{user.pk}", actor=actor) as draft:
        user = User.objects.select_for_update().get(pk=user.pk)
        before = {name: getattr(user, name) for name in wanted}
        changed = [name for name, value in wanted.items() if before[name] != value]
        for name in changed:
            setattr(user, name, wanted[name])
        user.save(update_fields=changed)
        # What a mail depends on can be read again; where somebody lives and what they speak is theirs alone.
        for name in ("channels", "muted_kinds"):
            draft.change(f"user:{user.pk}:{name}", before[name], wanted[name])
        if private := [name for name in changed if name in {"language", "time_zone"}]:
            draft.change(f"user:{user.pk}:preferences", None, {"changed": private})
        if changed:
            draft.touch("accounts", audience=ResourceVersion.STAFF)
    return user


def _check(*, language: str, time_zone: str, channels: str, muted: list[str]) -> None:
    fields: dict[str, list[str]] = {}
    if language not in dict(settings.LANGUAGES):
        fields["language"] = [_("There is no such language.")]
    if time_zone and not any(time_zone in names for names in time_zones().values()):
        fields["time_zone"] = [_("There is no such time zone.")]
    if channels not in User.Channels.values:
        fields["channels"] = [_("Choose one of these.")]
    if set(muted) - {kind.code for kind in optional_kinds()}:
        fields["muted_kinds"] = [_("These notices cannot be switched off.")]
    if fields:
        raise Invalid("preferences_invalid", _("These preferences are not possible."), fields=fields)
