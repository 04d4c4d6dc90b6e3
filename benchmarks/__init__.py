"""What the service costs in time and memory, measured the way it is used: as processes, over HTTP, on both databases."""
