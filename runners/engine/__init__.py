"""Engines: each puts one job on a machine, and tells how it stands with it."""
