"""`python -m lapel.cli` is the `lapel` command."""

from lapel.cli.main import main

main()
