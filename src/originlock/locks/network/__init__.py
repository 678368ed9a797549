"""The network lock: security groups admit only the edge's ranges and the policy's exceptions.

Lives here: what is wanted, whose a rule is, what is a hole, which changes, which guards, and room at a quota.
Must not live here: I/O, and anything about certificates.
"""
