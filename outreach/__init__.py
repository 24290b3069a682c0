"""Who and where: areas, accounts, subscribers, opt-outs, uptake, audit."""
