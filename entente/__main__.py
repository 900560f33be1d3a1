"""`python -m entente` is the command `entente`."""

from entente.cli import main

main()
