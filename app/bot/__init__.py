"""The bot: what an event comes to, decided from facts and carried out on GitHub and the engine."""
