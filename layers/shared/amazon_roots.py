"""The five certificates that AWS's own services are signed under: ``python amazon_roots.py <cacert.pem> <out.pem>``.

https://www.amazontrust.com/repository/ names them, and certifi has them among its hundred. To load all takes longer
than many requests; botocore loads those of ``AWS_CA_BUNDLE`` alone.
"""

import re
import sys
from pathlib import Path
from typing import Final

NAMES: Final = (
    *(f"Amazon Root CA {number}" for number in range(1, 5)),
    "Starfield Services Root Certificate Authority - G2",
)
_ENTRY: Final = re.compile(
    r'^# Label: "([^"]+)"\n(?:#[^\n]*\n)*(-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n)', re.MULTILINE
)


class NoRoot(Exception):
    """certifi has a root no more, or writes its file in another form."""


def picked(bundle: str) -> str:
    """The five certificates, as PEM. Raises NoRoot."""
    found = dict(_ENTRY.findall(bundle))
    if missing := [name for name in NAMES if name not in found]:
        raise NoRoot(", ".join(missing))
    return "".join(found[name] for name in NAMES)


def main() -> None:
    bundle, out = map(Path, sys.argv[1:])
    out.write_text(picked(bundle.read_text()))


if __name__ == "__main__":
    main()
