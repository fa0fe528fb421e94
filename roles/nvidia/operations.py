"""Brings the NVIDIA Container Toolkit to where Docker uses it."""

from __future__ import annotations

from pyinfra.api.operation import operation
from pyinfra.context import host, state

from roles import vendors
from roles.hosts import attended, read, refusing, remark, warn
from roles.nvidia import plan
from roles.nvidia.facts import GpuReading
from roles.platforms import Platform, platform_of

# Other settings of Docker's survive it; CDI devices outlive a reload of systemd, which the older hook does not.
CONFIGURE = "nvidia-ctk runtime configure --runtime=docker --cdi.enabled"
DESCRIBE = "mkdir -p /etc/cdi && nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"
RESTART = "systemctl restart docker && until docker version >/dev/null 2>&1; do sleep 0.2; done"


@operation()
@refusing
def usable(choice: plan.Choice) -> vendors.Commands:
    """Containers can use every NVIDIA card of the host, or it is said why they cannot."""
    found = read(host, GpuReading())
    steps = plan.steps(found)
    if steps.warning and state.is_executing:
        warn(host, steps.warning)
    if steps.toolkit:
        platform = platform_of(found["system"])
        if platform is None or platform.nvidia is None:
            warn(host, plan.unsupported(found))
            return
        installed = yield from install(platform, choice)
        if not installed:
            return
    if steps.configure:
        yield attended("telling Docker of NVIDIA's runtime", CONFIGURE, "stage nvidia: could not tell Docker")
    if steps.describe:
        yield attended("describing the cards", DESCRIBE, "stage nvidia: could not describe the cards")
    if steps.restart:
        yield attended(
            "restarting Docker, which reads its settings then", RESTART, "stage nvidia: Docker did not start"
        )


def install(platform: Platform, choice: plan.Choice) -> vendors.Installing:
    """The toolkit, from NVIDIA's own repository; False where that cannot be reached."""
    manager = platform.manager
    assert manager is not None, f"nothing can be installed on {platform.name}"
    repository = plan.repository(platform, choice)
    yield from vendors.tools(manager, vendors.packages(host, manager, plan.TOOLKIT), choice.record)
    files = plan.files(repository, choice, vendors.key(host, manager, repository, choice.upstream))
    if files is None:
        yield remark(f"{choice.upstream} does not answer: the CPU is used; the next run tries again")
        return False
    yield from vendors.write(files)
    yield vendors.install(manager, plan.TOOLKIT)
    return True
