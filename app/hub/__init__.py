"""GitHub as it is spoken to: tokens, requests with retries, the client of one repository, and its git mirror."""
