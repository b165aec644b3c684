"""The supervisor over three small stand-ins, started as a process of its own by test_supervisor.

VARIANT chooses: `steady`, `silent` (the web never answers), `stubborn` (the worker ignores SIGTERM), `broken` (the
worker ends at once), `slow` (the preparation takes long).
"""

import os
import socket
import sys
import time
from pathlib import Path

from django.conf import settings

from cnd import supervisor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cnd.settings")
VARIANT = os.environ["VARIANT"]
WEB = """
import http.server, socket, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        missing = sys.argv[2] == "silent" or (sys.argv[2] == "broken" and self.path == "/readyz")
        self.send_response(503 if missing else 200)
        self.end_headers()
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Answer, bind_and_activate=False)
server.socket = socket.socket(fileno=int(sys.argv[1]))
server.serve_forever()
"""
POOL = """
import functools, os, signal, subprocess, sys
from cnd.supervisor import end_with
if sys.argv[1] == "broken":
    sys.exit("no worker today")
if sys.argv[1] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
# As in Celery's pool, the kernel ends it with its parent.
last_will = functools.partial(end_with, os.getpid(), signal.SIGKILL)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], preexec_fn=last_will).wait()
"""


def stand_ins(listener: socket.socket) -> list[supervisor.Part]:
    """Return parts that behave like the real ones and start in no time."""
    logs = Path(settings.VAR_DIR) / "log"
    python = [sys.executable, "-c"]
    descriptor = listener.fileno()
    parts = [
        supervisor.Part("web", [*python, WEB, str(descriptor), VARIANT], logs / "web.log", inherits=(descriptor,)),
        supervisor.Part("worker", [*python, POOL, VARIANT], logs / "worker.log"),
        supervisor.Part("beat", [*python, "import time; time.sleep(600)"], logs / "beat.log"),
    ]
    started.extend(parts)
    return parts


def say(line: str) -> None:
    print(line.strip(), flush=True)


def say_started(url: str) -> None:
    say(f"ready {url}")
    for part in started:
        say(f"{part.name} {part.process.pid if part.process else 0}")


def prepare() -> None:
    say("preparing")
    if VARIANT == "slow":
        time.sleep(600)


started: list[supervisor.Part] = []
supervisor.parts = stand_ins
supervisor.FAREWELL_S = 1.0
try:
    code = supervisor.supervise(
        host="127.0.0.1", port=int(os.environ["PORT"]), say=say, on_ready=say_started, prepare=prepare
    )
except supervisor.CannotServe as reason:
    sys.exit(str(reason))
sys.exit(code)
