"""HTTP, bounded in size and time, for every room that speaks it: edges are read by it, people are told by it.

Lives here: one document, one call, one delivery; TLS, proxies, and ending what takes too long.
Must not live here: what is asked or sent, what an answer means, and whether to try again.
"""
