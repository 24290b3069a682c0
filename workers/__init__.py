"""How it is carried: queues, sender sessions, pacing, receipts, the tick, gateways."""
