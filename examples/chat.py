#!/usr/bin/env python3
"""A chat in the terminal, with nothing but Python's standard library: python3 chat.py NAME [SERVER]

It reads by long polling from the cursor it has, and sends with a key until the server has acknowledged, so that
nothing is lost or doubled when either side goes away and comes back.
"""
import json
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

ROOM = 'room:lobby'


def ask(path, token=None, body=None):
    """One request; its answer as JSON. Raises urllib.error.URLError when there is no server."""
    headers = {'content-type': 'application/json'}
    if token:
        headers['authorization'] = f'Bearer {token}'
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(server + path, data, headers), timeout=60) as answer:
        return json.load(answer)


def until_done(ask_once):
    """Asks again until there is an answer; what the server refuses for good is raised."""
    while True:
        try:
            return ask_once()
        except urllib.error.HTTPError as refusal:
            if refusal.code < 500 and refusal.code != 429:
                raise
        except OSError:
            pass
        time.sleep(1)


def read(token, session, cursor):
    while True:
        query = urllib.parse.urlencode({'cursor': cursor, 'wait': 25, 'session': session})
        answer = until_done(lambda: ask(f'/api/sync?{query}', token))
        cursor = answer['cursor']
        for publication in answer['publications']:
            if publication['channel'] == ROOM and publication['data'].get('type') == 'message':
                print(f"{publication['info']['user']}: {publication['data']['text']}", flush=True)


if len(sys.argv) < 2:
    sys.exit(__doc__)
server = sys.argv[2] if len(sys.argv) > 2 else 'http://127.0.0.1:8080'
token = ask('/api/guest', body={'name': sys.argv[1]})['token']
# Without a cursor the answer is where everything stands now.
start = ask('/api/sync', token)['cursor']
threading.Thread(target=read, args=(token, str(uuid.uuid4()), start), daemon=True).start()
for line in sys.stdin:
    message = {'channel': ROOM, 'key': str(uuid.uuid4()), 'text': line.rstrip('\n')}
    if message['text']:
        until_done(lambda: ask('/api/commands/message.send', token, message))
