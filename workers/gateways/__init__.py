"""One module a carrier or protocol, behind the contract in `base`."""
