"""A proof as a file that another program checks."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CertificateFile"]


@dataclass(frozen=True)
class CertificateFile:
    """The certificate of one settled claim: its path below the folder of certificates, and its text."""

    path: str
    text: str
