"""A certificate for the invented host papers.test, signed by itself, and its key: for tests only, so no secret.

P-256, valid 2020 to 2120; made with `openssl ca -selfsign -startdate 20200101000000Z -enddate 21200101000000Z` and the
extensions subjectAltName=DNS:papers.test, basicConstraints=critical,CA:TRUE and
keyUsage=critical,digitalSignature,keyCertSign, which Python 3.13 insists on.
"""

import ssl
from pathlib import Path

_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgrfWpo74HG+xgboX7
tXGOusT/Epk2d6GTggmV//q4TkahRANCAAQCgHbL2w21kmELOoPod2t/gp7E/wPI
HOop54sCFYE1G4fVmE2SaaNaTz3Ogip24MGngQaj1mn2PlYWIzgQHPAE
-----END PRIVATE KEY-----
"""
_CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBijCCATCgAwIBAgIUTj/8jM29ujPUkBO7MXiDL+bIuQYwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLcGFwZXJzLnRlc3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAx
MDEwMDAwMDBaMBYxFDASBgNVBAMMC3BhcGVycy50ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEAoB2y9sNtZJhCzqD6Hdrf4KexP8DyBzqKeeLAhWBNRuH1ZhN
kmmjWk89zoIqduDBp4EGo9Zp9j5WFiM4EBzwBKNaMFgwFgYDVR0RBA8wDYILcGFw
ZXJzLnRlc3QwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAoQwHQYDVR0O
BBYEFA4f4Xl8Bh/J7rwZnb5i3zbmPlvSMAoGCCqGSM49BAMCA0gAMEUCIQDHgVVN
k4+usqM09jgZw3cfTE4UVKvk9l799SUllT+jMQIgCT3Qm22Qxt97Mp9xHbWzdPfA
lLCvshdZMglMg2iY7N0=
-----END CERTIFICATE-----
"""


def server_side(folder: Path) -> ssl.SSLContext:
    """What a server needs to be papers.test; the standard library reads keys from files only, made in `folder`."""
    pem = folder / "papers.test.pem"
    pem.write_text(_KEY + _CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def client_side() -> ssl.SSLContext:
    """What a client needs to believe that certificate, and no other."""
    return ssl.create_default_context(cadata=_CERTIFICATE)
