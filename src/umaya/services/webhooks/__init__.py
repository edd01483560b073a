"""Webhooks: tells parties' systems, by signed requests, what the ledger recorded about what concerns them.

What is told is references, counts and times: no entry holds anything personal. Delivered at least once and in order;
whoever is told asks the API, as the actor they are, for what they may know.
"""
