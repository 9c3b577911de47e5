"""Addresses of the ledger's pages."""

from django.urls import path

from ledger import views

urlpatterns = [
    path("log/", views.log, name="log"),
    path("log/witnesses/", views.witnesses, name="witnesses"),
    path("log/find/", views.find_record, name="find_record"),
    path("entries/<uuid:entry_id>/", views.entry, name="entry"),
    path("accounts/<path:address>/", views.statement, name="statement"),
]
