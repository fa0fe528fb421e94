"""Hosts on which ClawLama installs what it needs: as root, who keeps the user's proxies and registries."""

_sudo = True
_preserve_sudo_env = True
