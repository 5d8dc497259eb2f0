"""What follows the word ``gtan``: one file a subcommand, which declares it (`add`) and runs it.

Imports wait until a command runs, so that none pays for another's.
"""
