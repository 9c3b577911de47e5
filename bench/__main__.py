"""Runs the benchmarks: python -m bench (make bench)."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from bench import attribution, checking, recording, witnesses  # noqa: E402  # Django must be set up before its models are imported

if __name__ == "__main__":
    recording.run()
    checking.run()
    witnesses.run()
    attribution.run()
