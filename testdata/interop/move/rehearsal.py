"""A shop in a folder, on which the run-book is carried out."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import book
from servers import Control, Django, Program, Proxy
from visitors import PASSWORD, Record

HERE = Path(__file__).resolve().parent
INTEROP = HERE.parent
ROOT = INTEROP.parent.parent
sys.path.insert(0, str(INTEROP.parent / "ports"))

import ports  # noqa: E402

COMMAND_SECONDS = 300  # the most that commands of the run-book take
ACCESS_SECONDS, REFRESH_SECONDS = 8, 30
# What stands in for systemctl and nginx: it passes its command line on to Control.
SHIM = """#!/bin/sh
exec curl -sSf -d "${{0##*/}} $*" http://127.0.0.1:{port}/
"""


class Failed(Exception):
    """A command of the run-book failed."""


class Rehearsal:
    """The shop, at first with Django alone. It needs a folder of its own, the Python of a virtual
    environment with its Django, and a folder for compiled modules. revokes: CHECK_REVOKE_TOKEN."""

    def __init__(self, version: str, python: str, folder: str, cache: str, revokes: bool) -> None:
        self.version, self.folder = version, Path(folder)
        self.record = Record()
        self.sections = book.read(ROOT / "docs" / "moving.md")
        self.shop = self.folder / "shop"
        shutil.copytree(HERE / "shop", self.shop)
        shutil.copytree(INTEROP / "project" / "customers", self.shop / "customers")
        (self.shop / "secret-key").write_text(f"the secret key of a shop that has {version}")

        django, node = ports.free(), ports.free()
        self.places = {
            "127.0.0.1:8000": f"127.0.0.1:{django}",
            "127.0.0.1:8001": f"127.0.0.1:{node}",
            "/srv/shop": str(self.shop),
        }
        for place in ("/etc/edgetoken", "/etc/nginx/edgetoken", "/var/lib/edgetoken"):
            self.places[place] = str(self.folder / place[1:].replace("/", "-"))
            os.mkdir(self.places[place], 0o700)
        etc, routes = (Path(self.places[p]) for p in ("/etc/edgetoken", "/etc/nginx/edgetoken"))
        login = {"email": "test@shop.example", "password": PASSWORD}
        (etc / "test-login").write_text(json.dumps(login))

        commands = self.folder / "bin"
        self.env = environment(version, cache, revokes)
        self.env["PATH"] = os.pathsep.join(
            [str(commands), os.path.dirname(python), self.env["PATH"]]
        )
        edgetoken = str(ROOT / "bin" / "edgetoken")
        serve = [edgetoken, "serve", "--config", str(etc / "edgetoken.yaml")]
        self.django = Django(python, django, self.env, self.shop)
        self.node = Program("edgetoken", serve, self.env, self.folder)
        self.proxy = Proxy(routes / "tokens.conf", django)
        control = Control(
            {
                "systemctl start edgetoken": self.node.start,
                "systemctl stop edgetoken": self.node.stop,
                "systemctl reload shop": self.django.reload,
                "nginx -s reload": self.proxy.reload,
            }
        )
        commands.mkdir()
        (commands / "edgetoken").symlink_to(edgetoken)
        for name in ("systemctl", "nginx"):
            (commands / name).write_text(SHIM.format(port=control.port))
            (commands / name).chmod(0o700)

    def open(self) -> None:
        """Fills the data base, and starts Django."""
        self.django.count()  # settings.py reads it
        self.run("python manage.py migrate --run-syncdb -v 0\npython manage.py shell -v 0 <fill.py")
        self.django.start()

    def close(self) -> None:
        for program in (self.node, self.django):
            try:
                program.stop()
            except RuntimeError as e:
                self.record.fail(str(e))

    def here(self, text: str) -> str:
        """The text with the places of this folder for those of the run-book."""
        for place, here in self.places.items():
            text = text.replace(place, here)
        return text

    def run(self, commands: str, **env: str) -> str:
        """What commands print, after those that the run-book begins with."""
        script = self.here(self.sections[""].blocks[0].text + commands)
        with tempfile.TemporaryFile() as out:
            process = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", script],
                cwd=self.folder,
                env={**self.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
            try:
                wrong = self.watch(process)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            out.seek(0)
            said = out.read().decode("utf-8", "replace").strip()
        if wrong:
            raise Failed(f"{commands.strip()}\n{wrong}: {said}")
        return said

    def watch(self, process: "subprocess.Popen[bytes]") -> Optional[str]:
        """Waits until commands have ended. Says what is wrong: their status, that they do not end,
        or that a server has ended of itself, for which they may wait."""
        deadline = time.monotonic() + COMMAND_SECONDS
        while time.monotonic() < deadline:
            try:
                status = process.wait(0.2)
                return f"status {status}" if status else None
            except subprocess.TimeoutExpired:
                wrong = self.node.ended() or self.django.ended()
                if wrong:
                    return wrong
        return f"no end after {COMMAND_SECONDS} s"

    def ask(self, command: str) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.run(command + " --json 2>/dev/null"))

    def put(self, name: str, text: str) -> None:
        """Writes a file of the run-book. Settings are added to those that are there."""
        path = self.shop / self.here(name)  # an absolute path stays
        with path.open("a" if name == "settings.py" else "w") as f:
            f.write(self.here(text))

    def do(
        self,
        name: str,
        leave_out: Sequence[str] = (),
        insert: Optional[tuple[str, str]] = None,
    ) -> None:
        """Carries out a section of the run-book. What holds a text of leave_out is left out: lines,
        and of settings whole blocks. insert is a text, and commands that come before its line."""
        section = self.sections[name]
        self.record.begin(name, pausing="503" in section.notice)
        for path, text in section.blocks:
            lines = text.splitlines(True)
            kept = [line for line in lines if not any(part in line for part in leave_out)]
            if path == "settings.py" and kept != lines:
                continue
            if path:
                self.put(path, "".join(kept))
                continue
            before, commands = insert or ("", "")
            self.run("".join(commands * (before in line) + line for line in kept))
        self.record.begin("after " + name, pausing=False)

    def let_expire(self) -> None:
        """Waits REFRESH_TOKEN_LIFETIME."""
        time.sleep(REFRESH_SECONDS + 1)

    def logs(self) -> str:
        """The ends of the logs."""
        logs = [
            p for p in (self.shop / "gunicorn.log", self.folder / "edgetoken.log") if p.exists()
        ]
        return "\n".join(f"== {p.name}\n{p.read_text(errors='replace')[-3000:]}" for p in logs)


def environment(version: str, cache: str, revokes: bool) -> dict[str, str]:
    """The environment of all programs, by which a rehearsal chooses its settings."""
    env = {name: v for name, v in os.environ.items() if not name.startswith("EDGETOKEN_")}
    rotates = "true" if version == "5.5" else "false"
    env |= {
        "PYTHONDONTWRITEBYTECODE": "1",
        "SHOP_ACCESS_SECONDS": str(ACCESS_SECONDS),
        "SHOP_REFRESH_SECONDS": str(REFRESH_SECONDS),
        "SHOP_ROTATES": rotates,
        "SHOP_CHECK_REVOKE_TOKEN": "true" if revokes else "",
        "EDGETOKEN_COMPAT": version,
        "EDGETOKEN_CACHE_DIR": cache,
        "EDGETOKEN_ENGINE": os.environ.get("EDGETOKEN_ENGINE") or "wasm",
        "EDGETOKEN_SIMPLE_JWT_ACCESS_TOKEN_LIFETIME": str(ACCESS_SECONDS),
        "EDGETOKEN_SIMPLE_JWT_REFRESH_TOKEN_LIFETIME": str(REFRESH_SECONDS),
        "EDGETOKEN_SIMPLE_JWT_ROTATE_REFRESH_TOKENS": rotates,
        "EDGETOKEN_SIMPLE_JWT_BLACKLIST_AFTER_ROTATION": rotates,
    }
    if revokes:
        env["EDGETOKEN_SIMPLE_JWT_CHECK_REVOKE_TOKEN"] = "true"
    return env
