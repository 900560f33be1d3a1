"""The servers that Entente is measured against, each over the same tables, as its users would write it."""
