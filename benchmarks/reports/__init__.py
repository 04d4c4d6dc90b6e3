"""Reports where there are very many people, accounts and rights."""
