"""The provisioner's roles. Each reads the host (facts), decides (plan), changes it (operations), in order (tasks).

Imports go one way: deploy → roles/X/tasks → operations, plan, facts → what all roles share: settings, platforms,
errors, hosts, narrator, interruption, alone, rights, causes. No role imports another role; ``deploy/`` composes them.
"""
