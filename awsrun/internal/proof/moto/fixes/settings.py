"""The settings file, which the tests may change while the server runs."""

import json

path = None


def read():
    with open(path) as f:
        return json.load(f)
