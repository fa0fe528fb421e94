"""Makes sure that a Docker server answers, and that its client has compose and BuildKit.

A client alone does not count. What is missing comes from the distribution's own packages; where its compose and
buildx are too old, those two come from its next release on the same mirror, pinned so that nothing else does.
The server is started by systemd, else by its init script, else directly.
"""
