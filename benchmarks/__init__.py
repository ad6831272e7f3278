"""Benchmarks: ours beside a named peer, in one run, as a ratio."""
