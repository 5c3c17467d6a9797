"""The conformance matrix: every optimizer of the installed frameworks against the published rules."""
