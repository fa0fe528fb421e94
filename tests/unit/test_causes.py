"""What a failure is really about, from the words that commands said on real machines."""

import pytest

from roles.causes import CAUSES, cause

CLOCK, DISK, SERVER, RIGHTS = (known.words for known in CAUSES)


@pytest.mark.parametrize(
    "line",
    [
        "E: Release file for http://example.org/debian/dists/bookworm/InRelease is not valid yet (invalid for another "
        "264d 7h 12min 40s). Updates for this repository will not be applied.",
        "E: Release file for http://example.org/debian/dists/trixie-updates/InRelease is expired (invalid since 9d 3h "
        "2min 1s). Updates for this repository will not be applied.",
        "curl: (60) SSL certificate problem: certificate is not yet valid",
        "WARNING: Retrying after connection broken by 'SSLError(SSLCertVerificationError(1, '[SSL: "
        "CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:992)'))'",
        "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time "
        "2024-01-01T00:00:07Z is before 2025-03-01T00:00:00Z",
        "npm error code CERT_NOT_YET_VALID",
        "gpg: this key was created 4711 seconds in the future (time warp or clock problem)",
    ],
)
def test_a_clock_that_is_wrong_is_known_by_what_it_breaks(line: str) -> None:
    assert cause(["Reading package lists...", line, "and so on"]) == CLOCK


@pytest.mark.parametrize(
    "line",
    [
        "write /var/lib/docker/tmp/GetImageBlob1: no space left on device",
        "npm error code ENOSPC",
        "E: You don't have enough free space in /var/cache/apt/archives/.",
    ],
)
def test_a_full_disk_is_known(line: str) -> None:
    assert cause([line]) == DISK


@pytest.mark.parametrize(
    "line",
    [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "error during connect: Get http://%2Fvar%2Frun%2Fdocker.sock/v1.41/info: EOF",
        "ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF",
        "unexpected EOF",
    ],
)
def test_a_docker_server_that_went_away_is_known(line: str) -> None:
    assert cause(["#27 1.515 working", line]) == SERVER


def test_nothing_is_made_up() -> None:
    assert cause([]) == ""
    assert cause(["E: Unable to locate package nosuch", "gzip: stdin: unexpected EOF in archive"]) == ""


@pytest.mark.parametrize(
    "line",
    [
        "dpkg: error: requested operation requires superuser privilege",
        "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied), are you root?",
        "Error: This command has to be run with superuser privileges (under the root user on most systems).",
        "mkdir: cannot create directory '/opt/clawlama': Permission denied",
        "sh: 1: cannot create /opt/clawlama/packages.before.new: Permission denied",
    ],
)
def test_a_user_who_is_not_root_is_known(line: str) -> None:
    assert cause([line]) == RIGHTS
