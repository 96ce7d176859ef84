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


def expired():
    """Folder with server-cert.pem and server-key.pem of the first authority, good until a day of 2021."""
    return paths.made_once(paths.cache_dir() / "tls-expired", _make_expired)


def _openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


def _make_expired(folder):
    trusted = authority()
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01\n")
    (folder / "ca.cnf").write_text("[ca]\ndefault_ca = lab\n[lab]\ndatabase = index.txt\nserial = serial\nnew_certs_dir = .\ndefault_md = sha256\n"
                                   "policy = any\nx509_extensions = server\n[any]\ncommonName = supplied\n"
                                   "[server]\nsubjectAltName = DNS:localhost,IP:127.0.0.1\n")
    _openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "server-key.pem", "-out", "server.csr")
    _openssl(folder, "ca", "-batch", "-config", "ca.cnf", "-cert", trusted / "ca.pem", "-keyfile", trusted / "ca-key.pem", "-in", "server.csr",
             "-out", "server-cert.pem", "-notext", "-startdate", "20210101000000Z", "-enddate", "20210102000000Z")


def _make(folder, name):
    def openssl(*args):
        _openssl(folder, *args)

    days = ("-days", "3650")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", *days, "-subj", f"/CN={name}",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", "ca-key.pem", "-out", "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
            "-keyout", "server-key.pem", "-out", "server.csr")
    (folder / "server.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", *days,
            "-extfile", "server.ext", "-out", "server-cert.pem")
