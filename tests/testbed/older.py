"""The image with an older OpenClaw in it, as an earlier release of ours would be: made of the same layers."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from roles.image import plan
from tests.testbed import image
from tests.testbed.docker import LABEL, MINUTE, client
from tests.testbed.machine import CA, ROOT

# The forms of its databases are 17 and 19; those of 2026.9.6 are 18 and 23.
OPENCLAW = "2026.9.4"
NAME = "clawlama-test:older"
OPENCLAW_LABEL = plan.VERSION_LABELS["CLAWLAMA_OPENCLAW_VERSION"]
PROOF = "/usr/local/share/clawlama/proof.json"
DOCKERFILE = f"""
FROM {image.TOOLS} AS openclaw
COPY env.sh openclaw.sh /build/
RUN --mount=type=secret,id=ca --mount=type=secret,id=registries /build/openclaw.sh {OPENCLAW} /opt/openclaw
FROM {image.NAME}
USER 0:0
RUN rm -r /usr/local/lib/openclaw && sed -i 's/"openclaw": ".*"/"openclaw": "{OPENCLAW}"/' {PROOF}
COPY --from=openclaw /opt/openclaw/ /usr/local/lib/openclaw/
USER 10001:10001
LABEL {OPENCLAW_LABEL}={OPENCLAW} {LABEL}
"""


def older_image() -> str:
    """Its name."""
    image.image()
    image.tools()
    with tempfile.TemporaryDirectory() as work:
        dockerfile, registries = Path(work) / "Dockerfile", Path(work) / "registries"
        dockerfile.write_text(DOCKERFILE)
        passed = [name for name in os.environ if name.lower() == "npm_config_registry"]
        registries.write_text("".join(f"{name}={shlex.quote(os.environ[name])}\n" for name in passed))
        certificates = os.environ.get("SSL_CERT_FILE", CA)
        secrets = (f"--secret=id=ca,src={certificates}", f"--secret=id=registries,src={registries}")
        command = ["build", "--quiet", f"--tag={NAME}", f"--file={dockerfile}", *secrets, str(ROOT / "container/build")]
        subprocess.run(
            [client(), *command], env=os.environ | {"DOCKER_BUILDKIT": "1"}, timeout=8 * MINUTE, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
    return NAME
