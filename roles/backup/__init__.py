"""The assistant's state is backed up, now or by schedule, and comes back: in the old place or on a new host.

A backup is the container's work (`clawlama snapshot`, `clawlama backup`); this role puts a script on the host that asks
for it, so that a timer does what an operator does, and a restore that goes the other way.
"""
