"""The host of the scenarios that have one: everything that needs root is done with sudo."""

vm = [("vm", {"_sudo": True})]
