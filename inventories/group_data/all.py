"""Every host, unless its group or the inventory says otherwise: as root, who keeps the user's proxies and registries.

For hosts on which root itself logs in, and which have no sudo: ``_sudo = False``, here or in a group's file.
"""

_sudo = True
_preserve_sudo_env = True
