"""The bot: configuration, history, decisions, and the terminal."""
