"""The inbox: deliveries stored durably, and handled to their end, one at a time per repository."""
