"""oras (PyPI) against a registry: log in, push, pull, inspect, list, copy, delete. Arguments: kind, host, directory, user, password,
reader, the reader's password."""

import base64
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request

import oras.client

# oras tries again what is refused for good, and waits for minutes in between.
time.sleep = lambda seconds: None

kind, host, home, user, password, reader, reader_password = sys.argv[1:]
os.chdir(home)
with open("content.bin", "wb") as file:
    file.write(bytes(range(256)) * 4096)


def client(name, word):
    made = oras.client.OrasClient(hostname=host, insecure=True, auth_backend=kind)
    made.auth.set_basic_auth(name, word)
    if kind == "token":
        # oras asks for one token and keeps it, whatever a later challenge says: it is given one that is good for all it does.
        made.auth.set_token_auth(token(name, word))
    return made


def token(name, word):
    try:
        urllib.request.urlopen(f"http://{host}/v2/")
    except urllib.error.HTTPError as error:
        challenge = error.headers["WWW-Authenticate"]
    realm = re.search('realm="([^"]+)"', challenge).group(1)
    scopes = "".join(f"&scope=repository:lab/{name}:pull,push,delete" for name in ("oras", "copy"))
    request = urllib.request.Request(f"{realm}?service=registry{scopes}")
    request.add_header("Authorization", "Basic " + base64.b64encode(f"{name}:{word}".encode()).decode())
    try:
        return json.load(urllib.request.urlopen(request))["token"]
    except urllib.error.HTTPError:
        return "none"


def refused(action):
    # oras says it in many ways, not all of them meant; what counts is that nothing changed, which the tags below show.
    try:
        answer = action()
    except Exception:
        return
    assert getattr(answer, "status_code", 401) in (401, 403), answer


def pulled(made, target, folder):
    os.makedirs(folder)
    made.pull(target=target, outdir=folder)
    with open(os.path.join(folder, "content.bin"), "rb") as file:
        assert file.read() == bytes(range(256)) * 4096


def push(made, target):
    return made.push(target=target, files=["content.bin:application/octet-stream"])


ann = client(user, password)
assert push(ann, f"{host}/lab/oras:1").status_code == 201
pulled(ann, f"{host}/lab/oras:1", "out")
assert ann.get_manifest(f"{host}/lab/oras:1")["layers"][0]["size"] == 256 * 4096
assert ann.get_tags(f"{host}/lab/oras") == ["1"]

# A copy: what was pulled goes to another repository.
os.chdir("out")
assert push(ann, f"{host}/lab/copy:1").status_code == 201
os.chdir("..")

other = client(reader, reader_password)
pulled(other, f"{host}/lab/copy:1", "again")
refused(lambda: push(other, f"{host}/lab/oras:2"))
refused(lambda: push(client(user, "wrong"), f"{host}/lab/oras:2"))
refused(lambda: push(oras.client.OrasClient(hostname=host, insecure=True, auth_backend=kind), f"{host}/lab/oras:2"))
assert ann.get_tags(f"{host}/lab/oras") == ["1"]

ann.delete_tags(f"{host}/lab/oras", "1")
print("oras: all good")
