"""Makes sure that the assistant's data has a lasting home: a named volume, or a directory of the host.

A named volume is made by Docker when the container is; here it is only seen not to live in memory. A directory is
made, and given to the container's user. One that holds somebody else's files is refused, never taken over.
"""
