"""Timings beside the peer and the physical limit: same rows, same machine, one run; ratios count, not seconds.

Django is set up here, before any of them is imported: also in the processes that one of them starts.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
