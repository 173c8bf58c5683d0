"""A GitHub of our own with state behind real HTTP: the demo, `discharge replay` and the tests run on it."""
