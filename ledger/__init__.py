"""The journal, the log and their laws: what happened, written once and checkable by anyone."""
