"""Lets containers use the NVIDIA cards of a host that has some.

Nothing happens on a host without one. The driver is looked at and never installed: a card without a driver, or with one
too old for Ollama, is said in a line, and the CPU is used. Docker's settings are merged by NVIDIA's own tool, and
Docker is restarted only where it does not yet know the runtime that they name.
"""
