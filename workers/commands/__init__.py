"""The command line of what carries: start, worker, tick."""
