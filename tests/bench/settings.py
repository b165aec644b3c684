"""Production's settings, and the bench's constants beside the product's own addresses."""

import environ


def _nothing(*_args: object, **_options: object) -> None:
    """Read no `.env`: what is measured must not depend on whose checkout this is."""


environ.Env.read_env = staticmethod(_nothing)

from cnd.settings import *  # noqa: E402, F403
from cnd.settings import MIDDLEWARE  # noqa: E402

ROOT_URLCONF = "tests.bench.urls"
MIDDLEWARE.insert(
    MIDDLEWARE.index("cnd.polling.PollingMiddleware") + 1, "tests.bench.urls.ConstantsWherePollsAreAnswered"
)
