#!/usr/bin/env python
"""Runs Rennet's commands; each finds its database running and migrated, also in a fresh clone."""

import os
import sys

# These need no database; `migrate` does its own migrating.
WITHOUT_DATABASE = {
    "help", "--help", "-h", "--version", "version", "check", "collectstatic", "compilemessages", "makemessages",
    "startapp", "witness", "diffsettings", "findstatic", "spectacular", "sqlmigrate",
}  # fmt: skip
WITHOUT_TABLES = {"migrate", "makemigrations", "showmigrations"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from config import commands
    except ModuleNotFoundError as error:
        sys.exit(f"The package {error.name} is missing; run `make setup` and use .venv/bin/python.")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    asks_help = {"--help", "-h"} & set(sys.argv)
    commands.execute(
        sys.argv,
        needs_database=command not in WITHOUT_DATABASE and not asks_help,
        needs_tables=command not in WITHOUT_TABLES,
    )


if __name__ == "__main__":
    main()
