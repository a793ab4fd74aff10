"""Other people's APIs, thin and typed."""
