"""A verb on a whole inventory, host after host: looked at first, a canary, then batches, and a halt at what fails.

pyinfra does the work on the hosts; this decides which of them are next, and keeps what became of them.
"""
