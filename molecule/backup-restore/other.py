"""The bare host that a state comes to."""

other = [("other", {"_sudo": True})]
