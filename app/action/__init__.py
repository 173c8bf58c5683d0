"""Runs that GitHub Actions carries: a job of a workflow, and the self-hosted runner that takes it."""
