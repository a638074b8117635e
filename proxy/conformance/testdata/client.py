"""Asks an upstream through poise, by urllib and by http.client."""
import hashlib
import http.client
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

base = sys.argv[1]


def check(what, got, want):
    if got != want:
        sys.exit(f"{what}: {got!r:.200}, want {want!r:.200}")


body = os.urandom(300_000)
want_sum = f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()

# urllib knows of proxies from its environment.
with urllib.request.urlopen(base + "/get?q=;%zz") as answer:
    check("get", answer.read(), b"fine")
    check("query", answer.headers["X-Query"], "q=;%zz")
with urllib.request.urlopen(urllib.request.Request(base + "/post", data=body)) as answer:
    check("post", answer.read(), want_sum)
with urllib.request.urlopen(urllib.request.Request(base + "/post", data=iter([body[:1000], body[1000:]]))) as answer:
    check("post in chunks", answer.read(), want_sum)
with urllib.request.urlopen(base + "/redirect") as answer:
    check("redirect", answer.read(), b"fine")
try:
    urllib.request.urlopen(base + "/nowhere")
    sys.exit("nowhere: it was found")
except urllib.error.HTTPError as e:
    check("nowhere", e.code, 404)

# http.client speaks to one connection, and keeps it.
to = urllib.parse.urlsplit(base)
proxy = urllib.request.getproxies().get(to.scheme)
if to.scheme == "https":
    secure = ssl.create_default_context()
    if proxy:
        via = urllib.parse.urlsplit(proxy)
        conn = http.client.HTTPSConnection(via.hostname, via.port, context=secure)
        conn.set_tunnel(to.hostname, to.port)
    else:
        conn = http.client.HTTPSConnection(to.hostname, to.port, context=secure)
    prefix = ""
elif proxy:
    via = urllib.parse.urlsplit(proxy)
    conn, prefix = http.client.HTTPConnection(via.hostname, via.port), base
else:
    conn, prefix = http.client.HTTPConnection(to.hostname, to.port), ""


def ask(method, path, **kw):
    conn.request(method, prefix + path, **kw)
    answer = conn.getresponse()
    return answer, answer.read()


conn.connect()
kept = conn.sock
for _ in range(3):
    check("kept", ask("GET", "/get")[1], b"fine")
answer, got = ask("GET", "/chunked")
check("chunked", got, b"part 0\npart 1\npart 2\n")
answer, got = ask("HEAD", "/large")
check("head", (answer.status, answer.headers["Content-Length"], got), (200, "1048576", b""))
check("large", len(ask("GET", "/large")[1]), 1 << 20)
check("nothing", ask("GET", "/nothing")[0].status, 204)
check("put", ask("PUT", "/post", body=body)[1], want_sum)
check("one connection for all", conn.sock is kept, True)
