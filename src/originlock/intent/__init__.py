"""WHAT SHOULD BE: the policy of each origin, and how a configuration is decoded into it.

Lives here: policies as frozen data; decoding with every problem and its place gathered.
Must not live here: reading files or the environment, and any fact about the world.
"""
