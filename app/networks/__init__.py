"""Social networks as data: their addresses, the rules of their handles, and the one form of each handle."""
