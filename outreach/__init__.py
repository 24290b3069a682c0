"""Who and where: areas, accounts, subscribers, opt-outs, uptake, audit."""

import gc

# Half a million objects come with the program and stay: to look through them again and again while
# they come was a sixth of every start.
gc.set_threshold(50_000, 20, 100)
