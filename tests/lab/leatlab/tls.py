"""Certificates for the lab's servers: one authority that all share, and another that none trusts.

What mysqld generates by itself names no host, so no client can verify its identity; these name localhost and 127.0.0.1.
"""

import subprocess

from . import paths


def authority():
    """Folder with ca.pem, server-cert.pem and server-key.pem, made once."""
    return paths.made_once(paths.cache_dir() / "tls", lambda folder: _make(folder, "leat lab"))


def wrong_authority():
    """The same from an authority with the same name and another key: a client that trusts it must refuse the servers."""
    return paths.made_once(paths.cache_dir() / "tls-wrong", lambda folder: _make(folder, "leat lab"))


def _make(folder, name):
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    days = ("-days", "3650")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", *days, "-subj", f"/CN={name}",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", "ca-key.pem", "-out", "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
            "-keyout", "server-key.pem", "-out", "server.csr")
    (folder / "server.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", *days,
            "-extfile", "server.ext", "-out", "server-cert.pem")
