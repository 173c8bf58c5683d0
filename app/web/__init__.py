"""The service: webhooks in, health and metrics out, settings, set-up, logs."""
