"""The identity lock: who may speak.

Listeners demand a client certificate, and the edge presents the one that they trust. Lives here: from policy and
snapshot to changes on both sides, in the one order that never refuses the edge; which certificates are good enough.
Must not live here: any I/O, the network lock, what a certificate looks like inside (see `originlock.pki`).
"""
