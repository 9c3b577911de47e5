"""Every address of the program, app by app."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularJSONAPIView

from config import api_docs, health, outbox, tours, views

APPS = ("market", "cooperatives", "reports", "ledger")

# One door to sign in: the admin's own knows neither throttling nor second factors.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth says

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("look/", views.look, name="look"),
    path("tours/leave/", tours.leave_tour, name="leave_tour"),
    path("tours/<slug:who>/<int:step>/", tours.tour, name="tour"),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("admin/", admin.site.urls),
    path("sign-in/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/1/schema", SpectacularJSONAPIView.as_view(), name="api_schema"),
    path("api/1/docs", api_docs.api_docs, name="api_docs"),
    path("outbox/", outbox.outbox, name="outbox"),
    *(path("", include(f"{app}.urls")) for app in APPS),
    *(path("api/1/", include(f"{app}.api")) for app in APPS),
]
