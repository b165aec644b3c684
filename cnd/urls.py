from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from cnd import (
    contract,
    contract_views,
    health,
    inbox_views,
    metrics,
    outbox_views,
    preferences_views,
    tokens_views,
    views,
)

urlpatterns = [
    path("", include("sessions.urls_home")),
    path("", include("cnd.account_urls")),
    path("language/", set_language, name="set_language"),
    path("account/inbox/", inbox_views.Inbox.as_view(), name="inbox"),
    path("account/inbox/read/", inbox_views.MarkAll.as_view(), name="inbox-read-all"),
    path("account/inbox/<int:notice>/", inbox_views.Mark.as_view(), name="inbox-mark"),
    path("account/preferences/", preferences_views.Preferences.as_view(), name="preferences"),
    path("account/tokens/", tokens_views.Tokens.as_view(), name="api-tokens"),
    path("account/tokens/new/", tokens_views.NewToken.as_view(), name="api-token-new"),
    path("account/tokens/<int:token>/revoke/", tokens_views.RevokeToken.as_view(), name="api-token-revoke"),
    path("unsubscribe/<str:token>/", outbox_views.unsubscribe, name="unsubscribe"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.nothing, name="metrics"),
    path("admin/", admin.site.urls),
    path("api/schema/", contract.schema, name="schema"),
    path("api/schema/docs/", contract_views.Reference.as_view(), name="api-docs"),
    path("api/v1/", include("cnd.api_urls")),
    path("", include("sessions.urls")),
    path("", include("logistics.urls")),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error
