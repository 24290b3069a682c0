"""An SMSC to test against: SMPP 3.4 over TCP, with its own program; see docs/smpp.md."""
