"""The whole stack on this machine: `python -m local`, which `make dev` runs."""
