"""What is promised: contracts, their versions and statuses, and edits to their text."""
