"""A stand-in for the `rasa` command: real process, real HTTP, and trouble where a test asks for it.

What it does is written in the files that it is given, as nothing else reaches it:
`train` reads the training data, `run` the model.
"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

BROKEN = """\
YamlSyntaxException: Failed to read 'data/zh/a.yml'. while parsing a block mapping
  in "data/zh/a.yml", line 4, column 3:
expected <block end>, but found '<block sequence start>'
  in "data/zh/a.yml", line 7, column 4:
"""
INVALID = """\
YamlValidationException: Failed to validate 'data/zh/a.yml'. Here are the errors found during validation:
  in data/zh/a.yml:5:
      Key 'intents' was not defined. Path: '/nlu/0'
"""


ANSWERS = [
    ("where is it", "track_order", [("track_order", 0.8), ("ask_stock", 0.2)]),
    ("write a poem", "out_of_scope", [("ask_stock", 0.45), ("track_order", 0.3)]),
]


WORSE = [(text, intent, [("chitchat", 0.9), (intent, 0.1)]) for text, intent, _ in ANSWERS]


def main() -> None:
    {"train": train, "run": run}[sys.argv[1]]()


def train() -> None:
    data = Path("data/zh/a.yml").read_text().splitlines()[-1].strip().removeprefix("- ")
    with Path("../trainings.txt").open("a") as log:
        log.write("training\n")
    if "broken" in data:
        sys.exit(BROKEN)
    if "invalid" in data:
        sys.exit(INVALID)
    if "crash" in data:
        sys.exit("Killed: out of memory")
    print("Starting to train component 'LinearIntentClassifier'.")
    print("shuke_intents: weighing")
    if "answers" in Path("config.yml").read_text():
        Path("answers.json").write_text(json.dumps(WORSE if "worse" in data else ANSWERS))
    Path("trained.tar.gz").write_text(data)


def run() -> None:
    option = dict(zip(sys.argv, sys.argv[1:], strict=False))
    trouble = Path(option["-m"]).read_text()
    first = not Path("started.txt").exists()
    Path("started.txt").write_text("\n".join(os.environ))
    if "dies at once" in trouble and first:
        sys.exit(3)

    if "dies always" in trouble:
        sys.exit(3)
    if "ignores the end" in trouble:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    intent = trouble.removeprefix("says ") if trouble.startswith("says ") else "greet"

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            url = urlsplit(self.path)
            said = json.loads(self.rfile.read(int(self.headers["content-length"])))
            allowed = parse_qs(url.query).get("token") == [option["--auth-token"]]
            if said["text"] == "die":
                os._exit(4)
            body = json.dumps({"intent_ranking": [{"name": intent, "confidence": 0.9}]}).encode()
            self.send_response(200 if allowed else 401)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", int(option["-p"])), Answers).serve_forever()
