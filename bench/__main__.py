"""Runs the benchmarks: python -m bench (make bench)."""

from bench import attribution, checking, recording, witnesses

if __name__ == "__main__":
    recording.run()
    checking.run()
    witnesses.run()
    attribution.run()
