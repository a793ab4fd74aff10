"""One logger and one metrics namespace for every function; both write JSON to standard output."""

from aws_lambda_powertools import Logger, Metrics

logger = Logger()
metrics = Metrics()
