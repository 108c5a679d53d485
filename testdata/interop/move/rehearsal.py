"""A shop in a folder, and the run-book carried out on it."""
import json
import os
import shutil
import subprocess
import time
from typing import Any, Optional, Sequence, Tuple

import book
from servers import Control, Django, Program, Proxy, free_port
from visitors import PASSWORD, Record

HERE = os.path.dirname(os.path.abspath(__file__))
INTEROP = os.path.dirname(HERE)
ROOT = os.path.dirname(os.path.dirname(INTEROP))
RUN_BOOK = os.path.join(ROOT, "docs", "moving.md")
ACCESS_SECONDS, REFRESH_SECONDS = 8, 30


class Failed(Exception):
    """A command of the run-book failed."""


class Rehearsal:
    """The shop before it moves, in a folder of its own. run() and do() carry out what the run-book says."""

    def __init__(self, version: str, python: str, folder: str, cache: str, revokes: bool) -> None:
        self.version, self.folder = version, folder
        self.record = Record()
        self.sections = book.read(RUN_BOOK)
        self.shop = os.path.join(folder, "shop")
        shutil.copytree(os.path.join(HERE, "shop"), self.shop)
        shutil.copytree(os.path.join(INTEROP, "project", "customers"), os.path.join(self.shop, "customers"))
        self.ports = {"8000": free_port(), "8001": free_port()}
        self.places = {"127.0.0.1:" + port: "127.0.0.1:%d" % here for port, here in self.ports.items()}
        self.places["/srv/shop"] = self.shop
        for place in ("/etc/edgetoken", "/etc/nginx/edgetoken", "/var/lib/edgetoken", "bin"):
            self.places[place] = os.path.join(folder, place.strip("/").replace("/", "-"))
            os.mkdir(self.places[place], 0o700)
        self.etc, commands = self.places["/etc/edgetoken"], self.places.pop("bin")
        self.write(os.path.join(self.etc, "test-login"), json.dumps({"email": "test@shop.example", "password": PASSWORD}))
        self.write(os.path.join(self.shop, "secret-key"), "the secret key of a shop of %s that moves" % version)

        config = os.path.join(self.etc, "edgetoken.yaml")
        rotates = "true" if version == "5.5" else "false"
        env = {name: value for name, value in os.environ.items() if not name.startswith("EDGETOKEN_")}
        self.env = dict(
            env, PYTHONDONTWRITEBYTECODE="1",
            PATH=os.pathsep.join([commands, os.path.dirname(python), env["PATH"]]),
            SHOP_ACCESS_SECONDS=str(ACCESS_SECONDS), SHOP_REFRESH_SECONDS=str(REFRESH_SECONDS),
            SHOP_ROTATES=rotates, SHOP_CHECK_REVOKE_TOKEN="true" if revokes else "",
            EDGETOKEN_COMPAT=version, EDGETOKEN_CACHE_DIR=cache,
            EDGETOKEN_ENGINE=os.environ.get("EDGETOKEN_ENGINE") or "wasm",
            EDGETOKEN_SIMPLE_JWT_ACCESS_TOKEN_LIFETIME=str(ACCESS_SECONDS),
            EDGETOKEN_SIMPLE_JWT_REFRESH_TOKEN_LIFETIME=str(REFRESH_SECONDS),
            EDGETOKEN_SIMPLE_JWT_ROTATE_REFRESH_TOKENS=rotates,
            EDGETOKEN_SIMPLE_JWT_BLACKLIST_AFTER_ROTATION=rotates)
        if revokes:
            self.env["EDGETOKEN_SIMPLE_JWT_CHECK_REVOKE_TOKEN"] = "true"
        self.django = Django(python, self.ports["8000"], self.env, self.shop)
        self.proxy = Proxy(os.path.join(self.places["/etc/nginx/edgetoken"], "tokens.conf"), self.ports["8000"])
        edgetoken = os.path.join(ROOT, "bin", "edgetoken")
        self.node = Program("edgetoken", [edgetoken, "serve", "--config", config], self.env, folder)
        control = Control({"systemctl start edgetoken": self.node.start, "systemctl stop edgetoken": self.node.stop,
                           "systemctl reload shop": self.django.reload, "nginx -s reload": self.proxy.reload})
        os.symlink(edgetoken, os.path.join(commands, "edgetoken"))
        for name in ("systemctl", "nginx"):
            path = os.path.join(commands, name)
            self.write(path, '#!/bin/sh\nexec curl -sSf -d "${0##*/} $*" http://127.0.0.1:%d/\n' % control.port)
            os.chmod(path, 0o700)
        self.prelude = self.sections[""].blocks[0].text

    def open(self) -> None:
        """Django alone, with customers of each hasher."""
        self.django.count()  # settings.py reads it
        self.run("python manage.py migrate --run-syncdb -v 0\npython manage.py shell -v 0 <fill.py")
        self.django.start()

    def close(self) -> None:
        self.node.stop()
        self.django.stop()

    def write(self, path: str, text: str) -> None:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def here(self, text: str) -> str:
        """The text with the places of this folder for those of the run-book."""
        for place, here in self.places.items():
            text = text.replace(place, here)
        return text

    def run(self, commands: str, **env: str) -> str:
        """What commands print in the shell of the run-book."""
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", self.here(self.prelude + commands)],
                              cwd=self.folder, env=dict(self.env, **env), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = done.stdout.decode("utf-8", "replace")
        if done.returncode:
            raise Failed("%s\nstatus %d: %s" % (commands.strip(), done.returncode, said.strip()))
        return said

    def ask(self, command: str) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.run(command + " --json 2>/dev/null"))

    def put(self, name: str, text: str) -> None:
        """Writes a file of the run-book; settings are added to those that are there."""
        path = self.here(name) if name.startswith("/") else os.path.join(self.shop, name)
        with open(path, "a" if name == "settings.py" else "w", encoding="utf-8") as f:
            f.write(self.here(text))

    def do(self, name: str, leave_out: Sequence[str] = (), insert: Optional[Tuple[str, str]] = None) -> None:
        """Carries out a section of the run-book, but for the lines, and the settings, that hold a text that is left
        out. insert are a text and the commands that come before the line that holds it."""
        section = self.sections[name]
        self.record.section, self.record.pausing = name, "503" in section.notice
        for block in section.blocks:
            lines = [line for line in block.text.splitlines(True) if not any(text in line for text in leave_out)]
            if block.path == "settings.py" and any(text in block.text for text in leave_out):
                continue
            if block.path:
                self.put(block.path, "".join(lines))
            else:
                self.run("".join(insert[1] + line if insert and insert[0] in line else line for line in lines))
        self.record.pausing = False
        self.record.section = "after " + name

    def let_expire(self) -> None:
        """Waits REFRESH_TOKEN_LIFETIME."""
        time.sleep(REFRESH_SECONDS + 1)

    def logs(self) -> str:
        """The ends of the logs."""
        said = ""
        for path in (os.path.join(self.shop, "gunicorn.log"), os.path.join(self.folder, "edgetoken.log")):
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    said += "== %s\n%s\n" % (os.path.basename(path), f.read()[-3000:])
        return said
