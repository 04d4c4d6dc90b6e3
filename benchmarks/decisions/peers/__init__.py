"""What stands beside ours: each runs in the peers' own virtual environment, and knows nothing of the service."""
