"""Runs the assistant from a compose file, waits until it is ready, and proves it by a real answer.

What would be run (compose file, secrets, image) is hashed; only where that differs from the label of what runs, or
where what runs is not well, is anything touched. The container is known by its verbs and their JSON alone.
"""
