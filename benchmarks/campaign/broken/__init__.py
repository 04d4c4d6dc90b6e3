"""What makes a replica break: it stands on its PYTHONPATH, and does nothing unless the environment asks for it."""
