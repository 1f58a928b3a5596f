"""moto's server with this project's changes. Takes the options of moto's server, and these:

  --state FILE                    restore the contents from FILE, save them there while running and when stopping
  --save-every SECONDS            interval of saving changes (default 30)
  --until-stdin-closes            stop when standard input closes because the parent has ended
  --supported-moto OLDEST NEWEST  supported moto releases, for error messages

Exit status 1 with one line (`emulator: cannot start: …`) when this Python has no moto or an incompatible one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from patching import UnsuitableMoto


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--save-every", type=float, default=30)
    parser.add_argument("--until-stdin-closes", action="store_true")
    parser.add_argument("--supported-moto", nargs=2, metavar=("OLDEST", "NEWEST"))
    ours, motos = parser.parse_known_args()
    try:
        # Imports and patches moto, which fails when moto is incompatible.
        from serving import serve
    except (ImportError, AttributeError, UnsuitableMoto) as error:
        sys.exit(f"emulator: cannot start: {_explain(error, ours.supported_moto)}")
    serve(ours.state, ours.save_every, ours.until_stdin_closes, motos)


def _explain(error: Exception, supported: list[str] | None) -> str:
    reason = " ".join(str(error).split())
    try:
        from moto import __version__ as version
    except ImportError:
        found = f"{sys.executable} has no moto[server] ({reason})."
    else:
        found = f"moto {version} is incompatible with the emulator's extension ({reason})."
    if supported is None:
        return found
    oldest, newest = supported
    install = f"{sys.executable} -m pip install 'moto[server]=={newest}'"
    return f"{found} Supported: moto {oldest} to {newest}. Install it with: {install}"


if __name__ == "__main__":
    main()
