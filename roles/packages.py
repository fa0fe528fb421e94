"""Package managers, as data: shell scripts to fill in. What differs between them is written here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from roles.errors import UserMistake

# An upstream that says nothing for so long is taken for one that cannot be reached.
SILENCE_SECONDS = 10


@dataclass(frozen=True)
class Manager:
    """``{names}``: packages, separated by blanks; ``{url}``, ``{file}``: what is fetched, and where it goes.

    ``installed`` prints those of the packages that are installed, one a line. ``tools`` are the packages that fetching
    from a signed repository needs, by the command that shows that they are there.
    """

    name: str
    renew: str
    install: str
    remove: str
    installed: str
    fetch: str
    tools: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Repository:
    """A vendor's signed repository.

    ``{upstream}`` is its site, ``{suite}`` the platform's suite. ``content`` is the file that tells the package manager
    of it, ``fingerprint`` that of the key, which is at ``key`` below the site and is kept in ``keyring``.
    """

    key: str
    keyring: str
    fingerprint: str
    file: str
    content: str


def trusted(
    repository: Repository, setting: str, upstream: str, suite: str, key: str, fix: str
) -> dict[str, str] | None:
    """Path → content of what makes a host trust the repository; None where its site does not answer.

    ``key`` is KeyReading's. Raises UserMistake for a key that is not the vendor's; ``setting`` names the site, ``fix``
    what to do about it.
    """
    said, _, content = key.partition("\n")
    if not said:
        return None
    if said != f"fetched {repository.fingerprint}":
        offered = said.removeprefix("fetched").strip() or "none"
        rule = f"must offer the key {repository.fingerprint}, and offers {offered}"
        raise UserMistake(setting, upstream, rule, fix)
    told = filled(repository.content, upstream=upstream, suite=suite)
    return {repository.keyring: f"{content}\n", repository.file: told}


def filled(script: str, **values: str) -> str:
    """The script with its ``{name}``s filled in; other braces are the shell's."""
    for name, value in values.items():
        script = script.replace(f"{{{name}}}", value)
    return script


_APT = "apt-get -q -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold"
# Another apt may be at work (a fresh machine's first update, say): `install` waits for its lock, nothing else does.
PATIENTLY = """export LC_ALL=C
patiently() {
  tries=0
  until said=$("$@" 2>&1); do
    case $said in *'Could not get lock'* | *' lock was locked by '*) tries=$((tries + 1)) ;; *) tries=600 ;; esac
    [ $tries -lt 600 ] || { echo "$said"; return 1; }
    sleep 1
  done
}
"""
# RUNLEVEL=1 keeps invoke-rc.d from starting services: an init script that fails would leave the package half
# configured. The docker role starts what has to run. systemd does not ask it.
_QUIETLY = "export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 PREVLEVEL=N; "
# An install that was interrupted is finished first: apt would refuse to go on.
_READY = f"{_QUIETLY}{PATIENTLY} patiently dpkg --configure -a"

APT = Manager(
    name="apt-get",
    renew=f"{PATIENTLY} patiently {_APT} update",
    install=f"{_READY} && patiently {_APT} update && {_APT} install -y --no-install-recommends {{names}}",
    remove=f"{_READY} && {_APT} remove -y {{names}}",
    installed="dpkg-query --show --showformat '${Package} ${db:Status-Status}\\n' {names} | sed -n 's/ installed$//p'",
    # curl is not on every system, this is.
    fetch=f"timeout {SILENCE_SECONDS} /usr/lib/apt/apt-helper -o Acquire::Retries=0 download-file {{url}} {{file}}",
    tools={"gpg": ("ca-certificates", "gnupg")},
)

# What is installed, one package a line, sorted as `comm` wants it.
_DPKG_LIST = (
    "dpkg-query --show --showformat '${Package} ${db:Status-Status}\\n' | sed -n 's/ installed$//p' | LC_ALL=C sort -u"
)


# Without them it pulls nothing, though no package of its says so.
_DOCKERS = "-e ca-certificates -e openssl"


def record_of_packages(directory: str) -> str:
    """The file that notes what was installed for ClawLama's sake alone."""
    return f"{directory}/packages"


def recorded(install: str, record: str) -> str:
    """An APT script, which notes in the file ``record`` what it brought, for ``unrecorded``: all but what Docker needs.

    What one that was interrupted brought is noted by the next one.
    """
    before = f"{record}.before"
    # Half a list of what was there would make the rest of it ours.
    whole = f"{{ {_DPKG_LIST}; }} >{before}.new && mv {before}.new {before}"
    return (
        f"mkdir -p $(dirname {record}) && {{ test -e {before} || {{ {whole}; }}; }} && {{ {install}; }} && "
        f"{_DPKG_LIST} | LC_ALL=C comm -13 {before} - | {{ grep -v -x {_DOCKERS} || true; }} >>{record} && rm {before}"
    )


def unrecorded(record: str) -> str:
    """The script that removes what ``recorded`` noted, unless something else has come to need it."""
    return (
        f'names=$(cat {record}); {_READY}; test -z "$names" || '
        f"if {_APT} --simulate purge $names | sed -n 's/^Purg \\([^ ]*\\).*/\\1/p' | grep -v -x -F \"$names\"; "
        f'then echo "these need what we installed, which stays: $names"; else {_APT} purge -y $names; fi; '
        f"rm -f {record}"
    )


DNF = Manager(
    name="dnf",
    renew="dnf -q -y makecache",
    install="dnf -q -y install --setopt=install_weak_deps=False {names}",
    remove="dnf -q -y remove {names}",
    installed="rpm --query --queryformat '%{NAME}\\n' {names} | grep -v ' '",
    fetch=f"curl --silent --show-error --fail --location --max-time {SILENCE_SECONDS} --output {{file}} {{url}}",
    tools={"gpg": ("ca-certificates", "gnupg2"), "curl": ("curl",)},
)
