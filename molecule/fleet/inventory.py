"""Three hosts, the first of them the canary; all that needs root is done with sudo."""

from tests.scenarios.fleets import IMAGE

fleet = [(name, {"_sudo": True, "clawlama_image": IMAGE}) for name in ("one", "two", "three")]
canary = ["one"]
