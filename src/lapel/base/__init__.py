"""Words everyone uses: the error root, ids, clock, entropy. Imports nothing of ours."""
