"""Thousands of requests made from the OpenAPI document, to the deployed local stack: `make fuzz`."""
