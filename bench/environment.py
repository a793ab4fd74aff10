"""The environment of the bench. It must exist before the package is imported, so the program imports this first."""

import os

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "TABLE_NAME": "mostrador-bench",
    "STAGE": "bench",
    "BANCARD_URL": "https://bench.invalid",
    "INTEGRATION_KEY": "bench",
    "SIGNING_KEY": "a key for the bench",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "Bench",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "PYTHONTZPATH": "",
}
os.environ |= ENVIRONMENT
for _name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
    os.environ.pop(_name, None)
