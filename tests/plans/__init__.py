"""Whole deploys against hosts that are not there: each answers from its cassette, and nothing else."""
