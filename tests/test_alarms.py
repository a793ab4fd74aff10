"""Each alarm that waits for a line of the log: the line is written, Lambda keeps it, and the filter counts it."""

import json
import logging
import re
from datetime import timedelta

import pytest
from aws_lambda_powertools import Logger

from functions.calendar_sync import app as calendar_door
from functions.sweeper import app as sweeper_door
from mostrador.background import outbox, sweeper
from mostrador.calendars import sync
from mostrador.observability import log_failure, logger
from mostrador.payments import bancard_webhook
from mostrador.payments.bancard_webhook import WebhookOutcome
from mostrador.table.stream_batches import Change
from tests.support import log_patterns, template
from tests.support.log_patterns import is_kept, passes
from tests.support.logs import written

SOURCES = sorted((template.ROOT / "layers" / "shared" / "mostrador").rglob("*.py"))
FILTERS = template.resources("AWS::Logs::MetricFilter")
ALARMS = template.resources("AWS::CloudWatch::Alarm")


def counted(text, name):
    """The lines that the filter counts, at the least of all log levels."""
    return [line for line in text.splitlines() if is_kept(line, "ERROR") and passes(log_patterns.of(name), line)]


def test_an_error_of_a_function_is_counted():
    with written() as lines:
        log_failure("sweep failed", RuntimeError("x"), tenant="salon")
        logger.warning("gateway.unknown")

    assert len(counted(lines.text, "FunctionLoggedError")) == 1


def test_lambda_drops_an_error_whose_time_it_cannot_read():
    """Red control: the time as Powertools writes it by default counts as INFO, whatever the level says."""
    line = json.dumps({"level": "ERROR", "timestamp": "2026-11-30 13:00:00,123+0000", "message": "run late"})
    by_default = Logger(service="other", level="ERROR", logger_handler=logging.NullHandler())
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "run late", None, None)

    assert not is_kept(line, "WARN")
    assert not is_kept(by_default.registered_formatter.format(record), "WARN")
    assert is_kept(logger.registered_formatter.format(record), "WARN")


def test_a_function_that_ends_badly_is_counted():
    pattern = log_patterns.of("FunctionFailed")

    assert [passes(pattern, report(status)) for status in ("success", "error", "timeout", "failure")] == [
        False,
        True,
        True,
        True,
    ]


def report(status, **more):
    return json.dumps({"time": "2026-11-30T13:00:00Z", "type": "platform.report", "record": {"status": status} | more})


def test_a_token_that_the_authorizer_refuses_is_no_failure():
    refused, crashed = report("error", errorType="Exception"), report("error", errorType="Runtime.ExitError")
    pattern = log_patterns.of("AuthorizerFailed")

    assert [passes(pattern, line) for line in (refused, crashed, report("timeout"), report("success"))] == [
        False,
        True,
        True,
        False,
    ]
    assert passes(log_patterns.of("FunctionFailed"), refused)  # why it has a log group of its own


def test_the_runtimes_own_line_of_a_refused_token_is_no_failure_but_ours_is():
    told = {"timestamp": "2026-11-30T13:00:00Z", "level": "ERROR", "errorMessage": "Unauthorized"}

    assert counted(json.dumps(told), "AuthorizerLoggedError") == []
    assert len(counted(json.dumps(told | {"service": "authorizer"}), "AuthorizerLoggedError")) == 1


def test_the_authorizer_alone_writes_to_its_log_group():
    functions = template.resources("AWS::Serverless::Function")
    own = {
        name: one["Properties"]["LoggingConfig"]
        for name, one in functions.items()
        if "LoggingConfig" in one["Properties"]
    }
    named = functions["AuthorizerFunction"]["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
    groups = {name: one["Properties"]["LogGroupName"]["Ref"] for name, one in FILTERS.items()}

    assert list(own) == ["AuthorizerFunction"]
    assert (own["AuthorizerFunction"], named) == ({"LogGroup": {"Ref": "AuthorizerLogs"}}, "authorizer")
    assert {name for name, group in groups.items() if group == "AuthorizerLogs"} == {
        "AuthorizerFailed",
        "AuthorizerLoggedError",
    }


def test_a_line_of_the_audit_log_that_was_changed_is_counted():
    change = Change("1", "MODIFY", ("T#salon#AUDIT", "2026"), {}, None)
    with written() as lines:
        outbox._alert("salon", [change])

    assert len(counted(lines.text, "AuditTampered")) == 1


@pytest.mark.parametrize(("lag", "lines_lag", "expected"), [(299, 1799, 0), (300, 0, 1), (0, 1800, 1), (300, 1800, 2)])
def test_a_sweeper_that_is_late_is_counted(monkeypatch, lag, lines_lag, expected):
    told = {"lag_seconds": lag, "lines_lag_seconds": lines_lag}
    monkeypatch.setattr(sweeper, "run", lambda *_, **__: dict.fromkeys(sweeper.OUTCOMES, 0) | told)
    with written() as lines:
        sweeper_door.handler({}, None)

    assert len(counted(lines.text, "RunLate")) == expected


@pytest.mark.parametrize(("lag", "expected"), [(1799, 0), (1800, 1)])
def test_calendars_that_are_late_are_counted(monkeypatch, lag, expected):
    monkeypatch.setattr(sync, "run", lambda *_, **__: dict.fromkeys(sync.OUTCOMES, 0) | {"lag_seconds": lag})
    with written() as lines:
        calendar_door.handler({"due": True}, None)

    assert len(counted(lines.text, "RunLate")) == expected


TROUBLE = re.findall(r'\$\.message = "([^"]+)"', log_patterns.of("PaymentTrouble"))


@pytest.mark.parametrize("message", TROUBLE)
def test_each_trouble_with_payments_is_an_error_that_the_code_writes(message):
    written_as_error = re.compile(rf'logger\.error\(\s*"{message}"|leave_to_staff\([^)]*"{message}"\)')
    with written() as lines:
        logger.error(message, tenant="salon")

    assert any(written_as_error.search(path.read_text()) for path in SOURCES)
    assert len(counted(lines.text, "PaymentTrouble")) == 1


def test_what_is_left_to_staff_is_an_error():
    (source,) = [path.read_text() for path in SOURCES if path.name == "rollbacks.py"]

    assert "logger.error(alarm," in source
    assert len(TROUBLE) == 6


def test_money_for_an_unknown_payment_is_counted_and_a_usual_message_is_not(salon):
    class Result:
        process_id, operation = 1, "x"

        def __getattr__(self, _):
            return None

    with written() as lines:
        for outcome in WebhookOutcome:
            bancard_webhook._log("salon", outcome, Result(), Result())

    assert [json.loads(line)["outcome"] for line in counted(lines.text, "PaymentTrouble")] == ["PARKED"]


def test_every_metric_of_ours_has_a_filter_and_an_alarm():
    metrics = {
        str(one["MetricName"]) for each in FILTERS.values() for one in each["Properties"]["MetricTransformations"]
    }
    watched = {
        str(one["Properties"]["MetricName"])
        for one in ALARMS.values()
        if one["Properties"].get("Namespace") == "Mostrador"
    }

    assert metrics == watched


def test_a_pattern_is_read_as_cloudwatch_reads_it():
    line = json.dumps({"a": {"b": "xyz", "n": 5}, "t": True})

    holding = ['{ $.a.b = "x*" }', "{ $.a.n >= 5 && $.t = true }", '{ $.a.b = "q" || $.a.n = 5 }', '{ $.a.b != "q" }']
    failing = ['{ $.a.b = "X*" }', '{ $.b != "q" }', '{ $.a.b = "q" && ($.t = true || $.a.n = 5) }', "{ $.a.n < 5 }"]

    assert [passes(pattern, line) for pattern in holding] == [True] * 4
    assert [passes(pattern, line) for pattern in failing] == [False] * 4
    assert not passes(holding[0], "no JSON")
    with pytest.raises(ValueError, match="nothing"):
        passes("nothing", line)


def test_calls_of_a_schedule_that_were_throttled_do_not_pile_up():
    functions = template.resources("AWS::Serverless::Function")
    scheduled = {
        name: one["Properties"].get("EventInvokeConfig", {}).get("MaximumEventAgeInSeconds")
        for name, one in functions.items()
        if any(event["Type"] == "Schedule" for event in one["Properties"].get("Events", {}).values())
    }

    assert scheduled == {
        "SweeperFunction": 60,
        "ClockChangesFunction": 3600,
        "CalendarSyncFunction": 60,
        "OutboxFunction": 3600,
        "PaymentReportsFunction": 3600,
    }


def test_the_end_of_the_stream_rings_before_its_24_hours():
    alarm = ALARMS["StreamNearlyLostAlarm"]["Properties"]
    functions = {
        one["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Ref"] for one in alarm["Metrics"] if "MetricStat" in one
    }

    assert timedelta(hours=12) < timedelta(milliseconds=alarm["Threshold"]) < timedelta(hours=24)
    assert functions == {"OutboxFunction", "CalendarSyncFunction"}
