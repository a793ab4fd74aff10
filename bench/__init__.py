"""The figures of the project's goals, measured: `make bench` prints them and writes bench/results.json."""
