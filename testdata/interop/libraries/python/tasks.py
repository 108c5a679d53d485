"""Reads the tasks from standard input and writes an answer for each: {"yes": VALUE}, or {"no": the library's error}."""
import base64
import json
import sys


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def answer(prepare):
    """prepare(URL of the key set) gives the functions by the names of tasks."""
    doc = json.load(sys.stdin)
    functions = prepare(doc["jwks"])
    answers = []
    for task in doc["tasks"]:
        try:
            answers.append({"yes": functions[task["do"]](task)})
        except Exception as e:  # of many kinds, which is what the table shows
            answers.append({"no": "%s: %s" % (type(e).__name__, e)})
    json.dump(answers, sys.stdout)
