"""The administration's own site: one page to sign in at, one to sign out and one for one's password: the service's."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class PlannerAdminConfig(AdminConfig):
    default_site = "cnd.admin_site.PlannerAdminSite"


class PlannerAdminSite(AdminSite):
    """Django's site, for the secretariat and for superusers."""

    site_header = _("Administration")
    site_title = _("Administration")
    index_title = _("What is stored")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        from cnd.admin import may_look

        return may_look(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from django.contrib.auth.views import redirect_to_login

        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_change_password")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from cnd.views import SignOut

        return SignOut.as_view()(request)
