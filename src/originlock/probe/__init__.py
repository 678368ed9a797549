"""Real connections and questions to the network, for proofs.

Lives here: asking the DNS (and, later, connecting). Must not live here: what an answer proves.
"""
