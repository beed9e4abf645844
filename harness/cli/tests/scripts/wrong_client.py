"""A client that takes skopeo's words, or docker's, and does one thing wrong (its first argument): what the scenarios of `scenarios/clients` must see.

honest     nothing wrong: refused it fails, told to wait it waits, cut off it goes on, and it looks at digests
hammers    calls again at once, twenty times, whatever it was told
idle       does nothing at all and reports success
gullible   reports success whatever it got: no digest is compared, no status is looked at
leaks      sends its Authorization wherever a redirect leads
first-page reads one page of tags
stale      commits a blob with the token it has, good or not
forever    asks the token server again and again
direct     goes round the proxy that it is told to use
"""

import base64, hashlib, http.client, json, os, re, sys, time
from urllib.parse import urlsplit, urljoin

MODE, WORDS = sys.argv[1], [word for word in sys.argv[2:] if not word.startswith("--")]
NAMES = re.search(r"docker://([^/]+)/", " ".join(WORDS)) or re.search(r"^([^/]+)/", WORDS[-1])
HOST = NAMES.group(1)
TRIES = 20 if MODE == "hammers" else 4
tokens = {}


class Failed(Exception):
    pass


def once(method, url, body=None, headers={}):
    """One request: status, headers, bytes, and whether all of them came."""
    parts = urlsplit(url)
    try:
        return sent(method, parts, body, headers)
    except OSError as error:
        raise Failed(f"{parts.netloc}: {error}")


def sent(method, parts, body, headers):
    proxy = urlsplit(os.environ.get("http_proxy", "") if MODE != "direct" else "")
    connection = http.client.HTTPConnection(proxy.hostname or parts.hostname, proxy.port or parts.port or 80, timeout=20)
    try:
        try:
            target = parts.path + ("?" + parts.query if parts.query else "")
            connection.request(method, f"http://{parts.netloc}{target}" if proxy.hostname else target, body, headers)
        except (BrokenPipeError, ConnectionResetError):
            pass  # what was said before the end may still be read
        answer = connection.getresponse()
        try:
            content, whole = answer.read(), True
        except http.client.IncompleteRead as cut:
            content, whole = cut.partial, False
        except OSError:
            content, whole = b"", False
        return answer.status, answer.headers, content, whole
    finally:
        connection.close()


def login():
    with open(os.environ["REGISTRY_AUTH_FILE"]) as file:
        entry = json.load(file)["auths"].get(HOST)
    return {"Authorization": "Basic " + entry["auth"]} if entry else {}


def token(challenge):
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    url = fields["realm"] + "?service=" + fields["service"] + "&scope=" + fields.get("scope", "")
    for attempt in range(30 if MODE == "forever" else TRIES):
        status, headers, content, _ = once("GET", url, None, login())
        if status == 200 and MODE != "forever":
            break
        if status not in (429, 503) and MODE not in ("forever", "hammers"):
            break
        pause(headers, attempt)
    if status != 200:
        raise Failed(f"token server: {status}")
    try:
        return json.loads(content)["token"]
    except (ValueError, KeyError):
        if MODE == "gullible":
            return "nonsense"
        raise Failed("token server: no token")


def pause(headers, attempt):
    if MODE not in ("hammers", "forever"):
        time.sleep(int(headers.get("Retry-After", 0)) or 0.15 * 2**attempt)


def call(method, path, body=None, headers={}, tries=None):
    url, tried = urljoin(f"http://{HOST}/", path), 0
    while True:
        sent = dict(headers)
        if HOST in tokens:
            sent["Authorization"] = "Bearer " + tokens[HOST]
        answer = status, got, content, whole = once(method, url, body, sent)
        asks = status == 401 and "WWW-Authenticate" in got and tried < 2
        if asks and not (MODE == "stale" and method == "PUT"):
            tried += 1
            tokens[HOST] = token(got["WWW-Authenticate"])
            continue
        if status == 307:
            return once(method, got["Location"], body, sent if MODE == "leaks" else headers)
        again = status in (429, 503) or (MODE == "hammers" and status >= 400)
        tried += 1
        if not again or tried >= TRIES:
            return answer
        pause(got, tried - 1)


def good(answer, *wanted):
    if answer[0] not in wanted and MODE != "gullible":
        raise Failed(f"status {answer[0]}")
    return answer


def blob(repository, digest):
    """A blob, gone on with where it was cut off."""
    have = b""
    for attempt in range(TRIES):
        headers = {"Range": f"bytes={len(have)}-"} if have else {}
        status, _, content, whole = good(call("GET", f"/v2/{repository}/blobs/{digest}", None, headers), 200, 206)
        have = have + content if status == 206 else content
        if MODE == "gullible" or (whole and "sha256:" + hashlib.sha256(have).hexdigest() == digest):
            return have
        if whole:
            raise Failed("Digest did not match")
    raise Failed("unexpected EOF")


def push_blob(repository, content):
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    if call("HEAD", f"/v2/{repository}/blobs/{digest}")[0] == 200:
        return
    where = good(call("POST", f"/v2/{repository}/blobs/uploads/"), 202)[1].get("Location", "/none")
    where = good(call("PATCH", where, content), 202)[1].get("Location", where)
    good(call("PUT", where + ("&" if "?" in where else "?") + "digest=" + digest), 201)


def read(source):
    """Manifest, and what reads its blobs."""
    if source.startswith("oci:"):
        folder = source[4:].rsplit(":", 1)[0]
        at = lambda digest: open(os.path.join(folder, "blobs", *digest.split(":")), "rb").read()
        with open(os.path.join(folder, "index.json")) as file:
            return at(json.load(file)["manifests"][0]["digest"]), at
    repository, tag = source.split(HOST + "/", 1)[1].rsplit(":", 1)
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    return good(call("GET", f"/v2/{repository}/manifests/{tag}", None, accept), 200)[2], lambda digest: blob(repository, digest)


def copy(source, target):
    manifest, content = read(source)
    named = json.loads(manifest)
    for descriptor in [named["config"], *named["layers"]]:
        bytes_ = content(descriptor["digest"])
        if target.startswith("docker:"):
            push_blob(target.split(HOST + "/", 1)[1].rsplit(":", 1)[0], bytes_)
    if target.startswith("docker:"):
        repository, tag = target.split(HOST + "/", 1)[1].rsplit(":", 1)
        good(call("PUT", f"/v2/{repository}/manifests/{tag}", manifest, {"Content-Type": named["mediaType"]}), 201)


def docker(word, *names):
    """docker's words on one image, which is a tar in the home of the program."""
    image = os.path.join(os.environ["HOME"], "imported")
    if word == "import":
        with open(names[0], "rb") as layer, open(image, "wb") as file:
            file.write(layer.read())
        return
    repository, tag = names[-1].split("/", 1)[1].rsplit(":", 1)
    if word == "push":
        with open(image, "rb") as file:
            blobs = [b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}', file.read()]
        for content in blobs:
            push_blob(repository, content)
        describe = lambda kind, content: {"mediaType": "application/vnd.oci.image." + kind, "size": len(content), "digest": "sha256:" + hashlib.sha256(content).hexdigest()}
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
        manifest |= {"config": describe("config.v1+json", blobs[0]), "layers": [describe("layer.v1.tar", blobs[1])]}
        good(call("PUT", f"/v2/{repository}/manifests/{tag}", json.dumps(manifest), {"Content-Type": manifest["mediaType"]}), 201)
    if word == "pull":
        manifest, content = read(names[-1])
        for descriptor in [json.loads(manifest)["config"], *json.loads(manifest)["layers"]]:
            content(descriptor["digest"])


def list_tags(repository):
    at, tags = f"/v2/{repository}/tags/list", []
    while at:
        _, headers, content, _ = good(call("GET", at), 200)
        tags += json.loads(content)["tags"]
        link = headers.get("Link", "").split(";")[0].strip("<> ")
        at = link if link and MODE != "first-page" else None
    print(json.dumps(tags))


try:
    if MODE == "idle":
        sys.exit(0)
    if WORDS[0] == "copy":
        copy(WORDS[1], WORDS[2])
    elif WORDS[0] in ("import", "push", "pull", "rmi"):
        docker(*WORDS)
    else:
        list_tags(WORDS[1].split(HOST + "/", 1)[1])
except (Failed, OSError, http.client.HTTPException) as error:
    sys.exit(f"{type(error).__name__}: {error} (at {HOST})")
