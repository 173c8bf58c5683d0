"""The state as GitHub's REST answers and webhooks show it: complete objects, urls of this server's own."""
