"""The ledger at /api/1/: read only. Quantities are strings of decimal digits, since JSON numbers lose above 2^53."""

from django.urls import path

from ledger.api import books, log, witnesses

urlpatterns = [
    path("log/cosignatures/", witnesses.CosignaturesView.as_view(), name="api_cosignatures"),
    path("log/witnesses/", witnesses.WitnessesView.as_view(), name="api_witnesses"),
    path("log/records/<int:index>/", log.RecordView.as_view(), name="api_record"),
    path("log/proofs/", log.ProofsView.as_view(), name="api_proofs"),
    path("log/quorum/", witnesses.QuorumView.as_view(), name="api_quorum"),
    path("log/records/", log.RecordsView.as_view(), name="api_records"),
    path("log/checkpoints/<int:size>/", log.KeptCheckpointView.as_view(), name="api_checkpoint"),
    path("log/", log.CheckpointView.as_view(), name="api_log"),
    path("journal/<slug:program>/", books.JournalView.as_view(), name="api_journal"),
    path("entries/", books.EntriesView.as_view(), name="api_entries"),
    path("entries/<uuid:entry_id>/", books.EntryView.as_view(), name="api_entry"),
    path("accounts/<path:address>/statement/", books.StatementView.as_view(), name="api_statement"),
    path("accounts/<path:address>/", books.AccountView.as_view(), name="api_account"),
]
