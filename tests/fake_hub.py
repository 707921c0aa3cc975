"""A Hub on loopback: the part of huggingface.co's HTTP interface that huggingface_hub 2 uses.

Repositories with commits, Git LFS uploads, downloads by revision, private repositories that only the
token's owner sees, and faults on order. Files over 1 kB and weights go through LFS, others in the
commit. Every request is kept, so that a test can look what was sent.
"""

import base64
import contextlib
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import pytest
import yaml

TOKEN = "hf_tokenForTestsOnly0123456789"
OWNER = "robin"
_LFS_ABOVE = 1000
_TYPES = {"models": "model", "datasets": "dataset", "spaces": "space"}


@dataclass
class Repo:
    """A repository: its kind, who may see it, and its files now."""

    kind: str
    name: str
    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    lfs: set[str] = field(default_factory=set)
    commits: list[str] = field(default_factory=lambda: [hashlib.sha1(b"first").hexdigest()])

    def commit(self, lines: list[dict[str, Any]], store: dict[str, bytes]) -> None:
        """Apply the operations of a commit."""
        for line in lines:
            value, path = line["value"], line["value"].get("path", "")
            match line["key"]:
                case "file":
                    self.files[path] = base64.b64decode(value["content"])
                    self.lfs.discard(path)
                case "lfsFile":
                    self.files[path] = store[value["oid"]]
                    self.lfs.add(path)
                case "deletedFile":
                    del self.files[path]
        listing = json.dumps({p: hashlib.sha256(c).hexdigest() for p, c in self.files.items()})
        self.commits.append(hashlib.sha1(f"{len(self.commits)} {listing}".encode()).hexdigest())

    def info(self) -> dict[str, Any]:
        """What the API tells of it."""
        siblings = [{"rfilename": path} for path in sorted(self.files)]
        return {
            "id": self.name, "_id": "1", "private": self.private, "sha": self.commits[-1],
            "siblings": siblings, "tags": [], "downloads": 0, "likes": 0, "disabled": False,
            "gated": False, "lastModified": "2026-01-01T00:00:00.000Z",
        }  # fmt: skip

    def entry(self, path: str) -> dict[str, Any]:
        """One file as the tree lists it."""
        content = self.files[path]
        entry = {"type": "file", "path": path, "size": len(content), "oid": _git_oid(content)}
        if path in self.lfs:
            oid = hashlib.sha256(content).hexdigest()
            entry["lfs"] = {"oid": oid, "size": len(content), "pointerSize": 134}
        return entry


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Fault:
    """What goes wrong with the next `times` requests that fit."""

    pattern: str
    what: int | Literal["drop", "silence"]
    times: int


class FakeHub:
    """The state of the Hub, and what a test may ask of it."""

    def __init__(self) -> None:
        self.url = ""
        self.repos: dict[tuple[str, str], Repo] = {}
        self.store: dict[str, bytes] = {}  # LFS objects by their hash
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.over = threading.Event()

    def fail(
        self, pattern: str, what: int | Literal["drop", "silence"], times: int = 10**6
    ) -> None:
        """Let requests whose "METHOD /path" fits go wrong: a status, a cut line, or no answer."""
        self.faults.append(Fault(pattern, what, times))

    def next_fault(self, line: str) -> Fault | None:
        """The fault of this request, used up by it."""
        for fault in self.faults:
            if fault.times and re.search(fault.pattern, line):
                fault.times -= 1
                return fault
        return None

    def repo(self, name: str, kind: str = "model") -> Repo:
        """A repository that must exist."""
        return self.repos[kind, name]

    def sent(self, pattern: str) -> list[Request]:
        """The requests whose "METHOD /path" fits."""
        return [one for one in self.requests if re.search(pattern, f"{one.method} {one.path}")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: FakeHub

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_GET

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        line = f"{self.command} {path}"
        fault = self.hub.next_fault(line)
        if fault and fault.what == "drop":
            self.rfile.read(self._length() // 2)
            self.close_connection = True
            self.connection.close()
            return
        body = self._read()
        self.hub.requests.append(Request(self.command, self.path, dict(self.headers), body))
        if fault and fault.what == "silence":
            self.hub.over.wait(20)
            self.close_connection = True
        elif fault:
            self._send(int(fault.what), {"error": "as ordered"})
        else:
            self._route(path, body)

    def _length(self) -> int:
        return int(self.headers.get("Content-Length") or 0)

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(self._length())
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _route(self, path: str, body: bytes) -> None:
        routes: list[tuple[str, Callable[..., None]]] = [
            (r"GET /api/whoami-v2", self._whoami),
            (r"POST /api/repos/create", self._create),
            (r"POST /api/validate-yaml", self._validate),
            (r"PUT /lfs/(\w+)", self._put),
            (r"GET /api/(\w+)/([^/]+/[^/]+)(?:/revision/[^/]+)?", self._info),
            (r"GET /api/(\w+)/([^/]+/[^/]+)/tree/[^/]+/?(.*)", self._tree),
            (r"POST /api/(\w+)/([^/]+/[^/]+)/paths-info/[^/]+", self._paths),
            (r"POST /api/(\w+)/([^/]+/[^/]+)/preupload/[^/]+", self._preupload),
            (r"POST /api/(\w+)/([^/]+/[^/]+)/commit/[^/]+", self._commit),
            (
                r"POST /(?:(datasets|spaces)/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch",
                self._batch,
            ),
            (
                r"(?:GET|HEAD) /(?:(datasets|spaces)/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)",
                self._file,
            ),
        ]
        for pattern, work in routes:
            if found := re.fullmatch(pattern, f"{self.command} {path}"):
                work(body, *found.groups())
                return
        self._send(404, {"error": "no such address"})

    def _send(self, status: int, value: Any, **headers: str) -> None:
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(content)

    @property
    def _is_known(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _find(self, plural: str | None, name: str) -> Repo | None:
        """The repository; who may not see it is told the same as if there were none."""
        repo = self.hub.repos.get((_TYPES.get(plural or "models", ""), name))
        if repo and (self._is_known or (not repo.private and self.command in {"GET", "HEAD"})):
            return repo
        self._send(404 if self._is_known else 401, {"error": "Repository not found"},
                   X_Error_Code="RepoNotFound")  # fmt: skip
        return None

    def _whoami(self, body: bytes) -> None:
        known = {"name": OWNER, "type": "user", "orgs": [], "auth": {}}
        self._send(200 if self._is_known else 401, known if self._is_known else {"error": "who?"})

    def _create(self, body: bytes) -> None:
        given = json.loads(body)
        if not self._is_known:
            return self._send(401, {"error": "Invalid username or password."})
        owner = given.get("organization") or OWNER
        if owner != OWNER:
            return self._send(403, {"error": "You don't have the rights"})
        name, kind = f"{owner}/{given['name']}", given.get("type", "model")
        if kind == "space" and given.get("sdk") not in {"gradio", "static", "docker"}:
            return self._send(400, {"error": "sdk"})
        exists = (kind, name) in self.hub.repos
        if not exists:
            private = given.get("visibility") == "private"
            self.hub.repos[kind, name] = Repo(kind, name, private)
        prefix = "" if kind == "model" else f"{kind}s/"
        return self._send(409 if exists else 200, {"url": f"{self.hub.url}/{prefix}{name}"})

    def _validate(self, body: bytes) -> None:
        given = json.loads(body)
        parts = given["content"].split("---\n")
        try:
            front = yaml.safe_load(parts[1]) if parts[0] == "" else None
        except (yaml.YAMLError, IndexError):
            front = None
        problem = _judge_front_matter(front, given["repoType"])
        errors = [{"message": problem}] if problem else []
        self._send(400 if problem else 200, {"errors": errors, "warnings": []})

    def _info(self, body: bytes, plural: str, name: str) -> None:
        if repo := self._find(plural, name):
            self._send(200, repo.info())

    def _tree(self, body: bytes, plural: str, name: str, folder: str) -> None:
        if repo := self._find(plural, name):
            head = f"{folder}/" if folder else ""
            inside = [path for path in sorted(repo.files) if path.startswith(head)]
            if folder and not inside:
                return self._send(404, {"error": "none"}, X_Error_Code="EntryNotFound")
            folders = sorted({head + p[len(head) :].split("/")[0] for p in inside} - set(inside))
            entries = [{"type": "directory", "path": one, "size": 0, "oid": "0"} for one in folders]
            is_deep = "recursive=true" in self.path.lower()
            files = [path for path in inside if is_deep or "/" not in path[len(head) :]]
            self._send(200, [*entries, *map(repo.entry, files)])
        return None

    def _paths(self, body: bytes, plural: str, name: str) -> None:
        if repo := self._find(plural, name):
            asked = json.loads(body)["paths"] if body[:1] == b"{" else []
            self._send(200, [repo.entry(path) for path in asked if path in repo.files])

    def _preupload(self, body: bytes, plural: str, name: str) -> None:
        if repo := self._find(plural, name):
            files = [
                {
                    "path": one["path"],
                    "uploadMode": "lfs" if one["size"] > _LFS_ABOVE else "regular",
                    "shouldIgnore": False,
                    **(
                        {"oid": repo.entry(one["path"])["oid"]} if one["path"] in repo.files else {}
                    ),
                }
                for one in json.loads(body)["files"]
            ]
            self._send(200, {"files": files})

    def _batch(self, body: bytes, plural: str | None, name: str) -> None:
        if self._find(plural, name):
            objects = []
            for one in json.loads(body)["objects"]:
                answer = {"oid": one["oid"], "size": one["size"]}
                if one["oid"] not in self.hub.store:
                    answer["actions"] = {"upload": {"href": f"{self.hub.url}/lfs/{one['oid']}"}}
                objects.append(answer)
            self._send(200, {"transfer": "basic", "objects": objects})

    def _put(self, body: bytes, oid: str) -> None:
        if hashlib.sha256(body).hexdigest() != oid:
            return self._send(422, {"error": "not what was announced"})
        self.hub.store[oid] = body
        return self._send(200, {})

    def _commit(self, body: bytes, plural: str, name: str) -> None:
        if repo := self._find(plural, name):
            lines = [json.loads(line) for line in body.splitlines() if line.strip()]
            repo.commit(lines, self.hub.store)
            oid = repo.commits[-1]
            url = f"{self.hub.url}/{name}/commit/{oid}"
            self._send(200, {"success": True, "commitOid": oid, "commitUrl": url})

    def _file(self, body: bytes, plural: str | None, name: str, revision: str, path: str) -> None:
        repo = self._find(plural, name)
        if repo is None:
            return None
        commit = {"X_Repo_Commit": repo.commits[-1]}
        if path not in repo.files:
            return self._send(404, {"error": "none"}, X_Error_Code="EntryNotFound", **commit)
        content = repo.files[path]
        start, status = 0, 200
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            start, status = int(wanted[1]), 206
            content = content[start : int(wanted[2]) + 1 if wanted[2] else None]
            commit["Content_Range"] = (
                f"bytes {start}-{start + len(content) - 1}/{len(repo.files[path])}"
            )
        etag = hashlib.sha256(repo.files[path]).hexdigest()
        if path not in repo.lfs:
            etag = _git_oid(repo.files[path])
        length = str(len(content))
        return self._send(status, content, ETag=f'"{etag}"', Content_Length=length, **commit)


def _git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _judge_front_matter(front: Any, kind: str) -> str:
    """What the Hub would complain about; empty if nothing."""
    if not isinstance(front, dict):
        return "no metadata"
    if kind == "space":
        missing = {"title", "sdk", "sdk_version", "app_file"} - front.keys()
        return f"missing {missing}" if missing else ""
    if not isinstance(front.get("license"), str):
        return "license: must be a string"
    for name in ("tags", "datasets"):
        if not isinstance(front.get(name, []), list):
            return f"{name}: must be a list"
    for model in front.get("model-index", []):
        for result in model["results"]:
            if not (result["task"]["type"] and result["dataset"]["type"] and result["metrics"]):
                return "model-index: incomplete"
    return ""


@contextlib.contextmanager
def running_hub() -> Iterator[FakeHub]:
    """A fake Hub on a free port."""
    hub = FakeHub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        hub.over.set()
        time.sleep(0)  # lets a silent answer end
        server.shutdown()
        server.server_close()
        thread.join()


def environment(hub: FakeHub, home: Any) -> dict[str, str]:
    """What a process needs to take the fake Hub for the Hub, with an empty cache and no Xet."""
    return {
        "HF_ENDPOINT": hub.url,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HOME": str(home),
        "HF_TOKEN": TOKEN,
        "OMP_NUM_THREADS": "1",
    }


@contextlib.contextmanager
def hub_of_this_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """The same for this process, which has read its environment long ago."""
    import huggingface_hub
    from huggingface_hub import constants

    with running_hub() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", True)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield hub
    huggingface_hub.close_session()
