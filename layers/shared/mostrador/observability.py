"""One logger for every function: JSON on standard output, a line for each thing that happened."""

from aws_lambda_powertools import Logger

logger = Logger()
