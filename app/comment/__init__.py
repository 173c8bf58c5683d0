"""The grammar of comments: which lines are commands, and what they ask for."""
