"""Webhooks as values: what happened on GitHub, read strictly from what was delivered."""
