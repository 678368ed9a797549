"""The ways to tell people, but AWS's own: one module for each.

Lives here: how a message becomes a request, a mail or a ping, and sending it within its time.
Must not live here: what is told and when (see `originlock.notify`), where secrets come from, AWS (see `aws.topics`).
"""
