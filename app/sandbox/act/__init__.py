"""What changes the state: each act changes it as GitHub does, and tells the apps by webhooks."""
