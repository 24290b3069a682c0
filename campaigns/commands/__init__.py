"""Commands of campaigns: they parse, call one function and answer."""
