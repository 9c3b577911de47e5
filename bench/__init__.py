"""Timings beside the peer and the physical limit: same rows, same machine, one run; ratios count, not seconds."""
