"""The proofs: what is to be probed, and what an outcome proves.

Lives here: expectations and verdicts, whatever the lock. Must not live here: connecting, reading, changing.
"""
