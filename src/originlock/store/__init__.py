"""The state directory: journal, lease, accepted lists, saved plans.

Lives here: files, their modes and their syncing. Must not live here: what is written in them, and why.
"""
