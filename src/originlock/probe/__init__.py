"""Real connections and questions to the network, for proofs.

Lives here: asking the DNS, connecting, and what a vantage knows of itself. Must not live here: what an answer proves.
"""
