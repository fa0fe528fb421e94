"""``@record/NAME``: the host NAME, over ssh as ever, which leaves NAME.yaml in the folder that RECORD_FOLDER names.

``python -m tests.plans.record HOST=KIND`` starts a bare host of this kind (tests/testbed/hosts.py), deploys to it, and
takes what was heard for the cassette HOST.recorded.yaml.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyinfra.api.command import StringCommand
from pyinfra.connectors.ssh import SSHConnector
from pyinfra.connectors.util import CommandOutput

from roles.hosts import ASKING
from roles.readings import sections
from tests.container.assistant import bridge_address
from tests.plans import cassette
from tests.plans.recording import Recording
from tests.plans.replay import ASKED, given_to, text_of
from tests.testbed import upstream
from tests.testbed.hosts import real_hosts
from tests.testbed.image import image
from tests.testbed.machine import ROOT
from tests.testbed.upstream import Site

ABOUT = "{name}, as it was heard by tests/plans/record.py when nothing had ever been put there."


class RecordConnector(SSHConnector):
    handles_execution = True

    @staticmethod
    def make_names_data(name: str) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        yield f"@record/{name}", {"ssh_hostname": name}, ["@record"]

    def connect(self) -> None:
        self.recording = Recording(ABOUT.format(name=self.data["ssh_hostname"]))
        self.uploading = False
        super().connect()

    def disconnect(self) -> None:
        path = Path(os.environ["RECORD_FOLDER"]) / f"{self.data['ssh_hostname']}.yaml"
        path.write_text(self.recording.yaml(), encoding="utf-8")
        super().disconnect()

    def run_shell_command(self, command: StringCommand, *arguments: Any, **named: Any) -> tuple[bool, CommandOutput]:
        # SSHConnector adds to what it is given.
        given = given_to(named)
        succeeded, output = super().run_shell_command(command, *arguments, **named)
        if self.uploading:
            return succeeded, output
        text = text_of(command)
        if text.startswith(ASKING):
            questions = ASKED.findall(text)
            said = sections(output.stdout_lines, questions)
            for question in questions:
                self.recording.heard(question, said.get(question, ""))
        else:
            self.recording.did(text, given, (output.stdout_lines, output.stderr_lines), fails=not succeeded)
        return succeeded, output

    def put_file(self, filename_or_io: Any, remote_filename: str, *arguments: Any, **named: Any) -> bool:
        self.uploading = True
        try:
            done = super().put_file(filename_or_io, remote_filename, *arguments, **named)
        finally:
            self.uploading = False
        self.recording.did(f"upload to {remote_filename}", "", ([], []), fails=not done)
        return done


def record(name: str, kind: str) -> None:
    """Deploys to a fresh host of this kind; keeps its cassette if the assistant there has proved itself."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with sites(folder) as data, real_hosts(folder, **{name: kind}):
            reached = {"ssh_config_file": folder / "ssh_config", "clawlama_demo_model": "true"} | data
            given = [f"--data={datum}={value}" for datum, value in reached.items()]
            done = subprocess.run(
                [sys.executable, "-m", "pyinfra", "-y", "--sudo", *given, f"@record/{name}", "deploy/clawlama.py"],
                cwd=ROOT,
                env=os.environ | {"RECORD_FOLDER": str(folder), "PYTHONPATH": f"{ROOT}/tests/plans:{ROOT}"},
                timeout=1800,
                check=False,
            )
        if done.returncode != 0:
            sys.exit(f"{name}: not recorded: the deploy failed")
        shutil.copy(folder / f"{name}.yaml", cassette.path(f"{name}.recorded"))


@contextmanager
def sites(folder: Path) -> Iterator[dict[str, str]]:
    """The sites that a build takes its parts from, here: compiling them would be most of a recording's time."""
    address = bridge_address()
    releases = upstream.ollama_releases(image(), folder / "ollama")
    repository = upstream.node_repository(folder / "node")
    certificate = upstream.certificate(folder, address)
    ollama, node = Site(releases.folder, releases.version), Site(repository.folder)
    # What this machine trusts is handed to the hosts that are made here.
    os.environ["SSL_CERT_FILE"] = str(upstream.trusting(certificate))
    with (
        upstream.serving(ollama, address, certificate) as ollamas,
        upstream.serving(node, address, certificate) as nodes,
    ):
        yield {
            "clawlama_ollama_upstream": ollamas,
            "clawlama_node_upstream": nodes,
            "clawlama_node_upstream_key": repository.key,
        }


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        record(*wanted.split("="))
