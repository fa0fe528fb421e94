"""The claims role: what a rollout is at work on, or will be, is nobody else's; a host's own log says who did what."""
