"""SMPP 3.4: our own codec and client session, pure asyncio; see docs/smpp.md."""
