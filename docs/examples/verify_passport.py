"""Check a posting passport offline: what it says, or exit 1.

    python verify_passport.py KEYS ISSUER AUDIENCE [REVOCATIONS] < PASSPORT

KEYS and REVOCATIONS are files: what `/.well-known/jwks.json` and `/v1/passports/revocations` answered.
"""

import json
import sys
from pathlib import Path

from jose import JOSEError, jwt

NEEDED = {f"require_{name}": True for name in ("iss", "aud", "sub", "iat", "nbf", "exp", "jti")}


def verify(passport, key_set, issuer, audience, revocations=None):
    """The claims of a good passport; raises ValueError or JOSEError for anything else."""
    header = jwt.get_unverified_header(passport)
    key = {one["kid"]: one for one in key_set["keys"]}.get(str(header.get("kid")))
    if header.get("alg") != "RS256" or header.get("typ") != "posting-passport+jwt" or key is None:
        raise ValueError("no posting passport that was signed with one of these keys")
    claims = jwt.decode(passport, key, ["RS256"], NEEDED, audience=audience, issuer=issuer)
    if claims["aud"] != audience:  # for us alone: a list would be for others too
        raise ValueError("it is for others, too")
    if claims["grant_id"] in {one["grant_id"] for one in (revocations or {"items": []})["items"]}:
        raise ValueError("its grant works no more")
    return claims


if __name__ == "__main__":
    key_file, issuer, audience, *more = sys.argv[1:]
    files = [json.loads(Path(name).read_text()) for name in (key_file, *more)]
    try:
        print(json.dumps(verify(sys.stdin.read().strip(), files[0], issuer, audience, *files[1:])))
    except (JOSEError, ValueError) as error:
        sys.exit(f"The passport is not good: {error}.")
