"""What the tests need on this machine, only where it is missing. A deploy, for inventories/local.py."""

from pyinfra.operations import apt

from roles.docker import tasks as docker

docker.apply()
apt.packages(
    name="tests: mmdebstrap, chromium, docker-registry, gnupg, openssl, zstd",
    packages=["mmdebstrap", "chromium", "docker-registry", "gnupg", "openssl", "zstd"],
    update=True,
    cache_time=86400,
    no_recommends=True,
)
