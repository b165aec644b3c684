"""The worker's part: thin, and any of it may run twice."""

from cnd import sweeps
from logistics.services import places

sweeps.register("side events", places.look_for_overdue)
