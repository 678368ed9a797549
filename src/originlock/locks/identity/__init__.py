"""The identity lock: who may speak.

Lives here: which certificates are good enough to let somebody in. Must not live here: parsing them (see
`originlock.pki`), AWS, the edge, who may connect (see `originlock.locks.network`).
"""
