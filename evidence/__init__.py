"""What was seen: observations, predictions, verdicts, and the evidence that is kept of them."""
