"""What a user finds in the portal: how much of it is unread, and marking it. No entry: reading decides nothing."""

from cnd import clock
from cnd.errors import NotFound
from cnd.models import Notice, User


def unread_count(user: User) -> int:
    """Return how many notices in the portal a user has not read yet. One query."""
    return Notice.objects.inbox(user).filter(read_at__isnull=True).order_by().count()


def mark_read(*, notice_id: int, user: User) -> None:
    """Mark one of the user's notices as read. Again: the first time stays. Raises NotFound for anybody else's."""
    own = Notice.objects.inbox(user).filter(pk=notice_id)
    if not own.filter(read_at__isnull=True).update(read_at=clock.now()) and not own.exists():
        raise _not_found()


def mark_unread(*, notice_id: int, user: User) -> None:
    """Mark one of the user's notices as not read yet. Raises NotFound for anybody else's."""
    if not Notice.objects.inbox(user).filter(pk=notice_id).update(read_at=None):
        raise _not_found()


def mark_all_read(*, user: User, up_to: int) -> int:
    """Mark all of a user's notices as read that were written up to this one; what came since stays unread.

    Returns how many were marked.
    """
    unread = Notice.objects.inbox(user).filter(read_at__isnull=True, pk__lte=up_to)
    return unread.order_by().update(read_at=clock.now())


def _not_found() -> NotFound:
    return NotFound("no_such_notice", "There is no such notice, or none of yours.")
