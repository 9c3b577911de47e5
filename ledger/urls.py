"""Addresses of the ledger's pages, and of the log's files as tlog-tiles names them."""

from django.urls import path

from ledger.views import books, published

urlpatterns = [
    path("log/", books.log, name="log"),
    path("log/checkpoint", published.log_file, {"name": "checkpoint"}, name="log_checkpoint"),
    path("log/witnessed", published.log_file, {"name": "witnessed"}, name="log_witnessed"),
    path("log/asked", published.log_file, {"name": "asked"}, name="log_asked"),
    path("log/cosigned", published.log_file, {"name": "cosigned"}, name="log_cosigned"),
    path("log/log.vkey", published.log_file, {"name": "key"}, name="log_key"),
    path("log/verifier.py", published.verifier, name="verifier"),
    path("log/tile/<path:path>", published.log_tile, name="log_tile"),
    path("log/copy/", published.log_copy, name="log_copy"),
    path("log/check/", published.check_log, name="check_log"),
    path("log/checkpoints/<int:size>/", published.checkpoint, name="checkpoint"),
    path("log/consistency/<int:first>/<int:second>", published.consistency, name="consistency"),
    path("log/records/", published.records, name="records"),
    path("log/records/<int:index>/", published.record, name="record"),
    path("log/records/<int:index>/receipt", published.receipt, name="receipt"),
    path("log/records/<int:index>/printed/", published.printed_receipt, name="printed_receipt"),
    path("log/witnesses/", books.witnesses, name="witnesses"),
    path("log/find/", books.find_record, name="find_record"),
    path("entries/<uuid:entry_id>/", books.entry, name="entry"),
    path("accounts/<path:address>/", books.statement, name="statement"),
]
