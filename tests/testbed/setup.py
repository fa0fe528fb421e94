"""What the tests need on this machine, only where it is missing. A deploy, for inventories/local.py."""

from pyinfra.operations import apt

from roles.docker import tasks as docker
from roles.settings import Settings

PACKAGES = ["mmdebstrap", "chromium", "docker-registry", "dnsmasq-base", "gnupg", "openssl", "tcpdump", "zstd"]

docker.apply(Settings())
apt.packages(
    name=f"tests: {', '.join(PACKAGES)}",
    packages=PACKAGES,
    update=True,
    cache_time=86400,
    no_recommends=True,
)
