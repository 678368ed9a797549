"""Our own certificate authorities, and everything that is read out of a certificate.

Lives here: X.509 with `cryptography`: parsing, issuing, revoking, keys and where they are kept.
Must not live here: deciding which certificate is wanted where (see `originlock.locks.identity`), AWS, the edge.
"""
