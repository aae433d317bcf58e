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


# The same, which was valid in 2020 only.
_EXPIRED = """\
-----BEGIN CERTIFICATE-----
MIIBhzCCAS6gAwIBAgIUdwor0bO/rV/o/D+jdqVDamzhZp4wCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLcGFwZXJzLnRlc3QwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAx
MDAwMDAwWjAWMRQwEgYDVQQDDAtwYXBlcnMudGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABAKAdsvbDbWSYQs6g+h3a3+CnsT/A8gc6inniwIVgTUbh9WYTZJp
o1pPPc6CKnbgwaeBBqPWafY+VhYjOBAc8ASjWjBYMBYGA1UdEQQPMA2CC3BhcGVy
cy50ZXN0MA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgKEMB0GA1UdDgQW
BBQOH+F5fAYfye68GZ2+Yt825j5b0jAKBggqhkjOPQQDAgNHADBEAiA2ArzaqjkI
/DP5V9d1Y8/9Y0Xz7DKsyznb6yzr+Vym4gIgWPUJeae3PYIbB7pIqOZta4lzsfDN
AZSYPzqJswcwP8U=
-----END CERTIFICATE-----
"""


def server_side(folder: Path, *, is_expired: bool = False) -> ssl.SSLContext:
    """What a server needs to be papers.test; the standard library reads keys from files only, made in `folder`."""
    pem = folder / "papers.test.pem"
    pem.write_text(_KEY + (_EXPIRED if is_expired else _CERTIFICATE))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def client_side(*, of_expired: bool = False) -> ssl.SSLContext:
    """What a client needs to believe that certificate, and no other."""
    return ssl.create_default_context(cadata=_EXPIRED if of_expired else _CERTIFICATE)
