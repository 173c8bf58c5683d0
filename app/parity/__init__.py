"""`discharge parity`: two files of logits, compared and judged, for people who use nothing else of the program."""
