"""The facts: rows, and the SQL that moves them."""
