"""How an operation is run: knows GraphQL, and nothing of NPCs."""
