"""What is written for people: the Markdown record and its amendments."""
