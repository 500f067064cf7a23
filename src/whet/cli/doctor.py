"""The command line of `whet doctor`."""

from __future__ import annotations

from whet.cli import output
from whet.cli.options import AsJson


def command(as_json: AsJson = False) -> None:
    """What is installed, which versions are known to be unsafe, what the machine can do."""
    from whet.verbs.doctor import doctor

    found = doctor()
    if as_json:
        output.print_json(found)
        return
    lines = [f"whet {found.whet}, Python {found.python}, {found.platform}"]
    lines.append(
        f"{found.cpu_cores} CPU cores, {found.memory_gib} GiB memory, {found.disk_free_gib} GiB"
        f" disk free, bfloat16 {'native' if found.bfloat16 else 'not native'}"
    )
    lines += [f"GPU: {gpu}" for gpu in found.gpus]
    for package in found.packages:
        mark = package.warning and f"  UNSAFE: {package.warning}"
        version = package.version or "not installed"
        lines.append(f"  {package.name:<22}{version:<16}[{package.extra}]{mark}")
    output.print_text("\n".join([*lines, *found.notes]))
