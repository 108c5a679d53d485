"""Measures proxies: the CPU time of requests, for testdata/hosts/README.md.

Python 3.9 or later on Linux, standard library only.
"""

import http.client
import json
import os
import time


class Figures:
    """Writes figures of a host, as README.md says, where some are wanted."""

    def __init__(self, host, version):
        self.host, out = host, os.environ.get("EDGETOKEN_HOSTS_OUT")
        self.wanted = bool(out and os.environ.get("EDGETOKEN_HOSTS_FIGURES"))
        if self.wanted:
            self.path = os.path.join(out, host + ".figures.jsonl")
            self.show("host", version=version)

    def show(self, what, **fields):
        with open(self.path, "a", encoding="utf-8") as f:
            f.write(json.dumps({"host": self.host, "what": what, **fields}) + "\n")

    def requests(self, case, port, path, headers, processes):
        """Measures requests one after another: the CPU time of processes and their children."""
        if not self.wanted:
            return
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

        def ask_often(count):
            for _ in range(count):
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                if answer.status != 200 or answer.read() is None:
                    raise RuntimeError(f"{self.host}, {case}: {answer.status}")

        ask_often(200)
        for _ in range(3):
            count, began, cpu_began = 0, time.perf_counter(), cpu_seconds(processes)
            while time.perf_counter() - began < 0.5:
                ask_often(50)
                count += 50
            cpu = cpu_seconds(processes) - cpu_began
            us, per_second = round(cpu / count * 1e6, 1), round(count / cpu)
            self.show("request", alg="HS256", case=case, us_cpu=us, per_second=per_second)
        connection.close()


def cpu_seconds(processes):
    """The CPU time that processes and their children have used."""
    pids, nanoseconds = [p.pid for p in processes], 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
                nanoseconds += int(f.read().split()[0])
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                pids += map(int, f.read().split())
    return nanoseconds / 1e9
