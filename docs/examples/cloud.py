#!/usr/bin/python3
"""cloud.py: what a back end hears of a car, reader by reader. It reads what this prints:
mosquitto_sub -h HOST -p PORT -q 1 -t 'gb/1/#' -F '%t %x'"""
import base64, gzip, json, sys

who, seen = {}, set()  # by mailbox, whose it is; the numbers that came


def document(jws):
    """Whose the mailboxes are. Who did not write the document looks at its signature first."""
    claims = json.loads(base64.urlsafe_b64decode(jws.split(b".")[1] + b"=="))
    for user in claims["users"]:
        who[user["mailbox"]] = "main" if user["role"] == "main" else user["sharing"]
    for reader in claims["readers"]:
        who[reader["mailbox"]] = reader["role"]
    return f"document {claims['version']}: {len(claims['users'])} people"


def told(message):
    """What a message says, in one line: the newest value of each path."""
    if "alarm" in message:
        return message["severity"] + (" on" if message["active"] else " off") + ": " + message["alarm"]
    newest = {one["path"].removeprefix("Vehicle."): one["dp"][-1]["value"] for one in message.get("data", [])}
    if "CurrentLocation.Latitude" in newest:
        return f"{newest['CurrentLocation.Latitude']} N {newest['CurrentLocation.Longitude']} E"
    return ", ".join(f"{path} {value}" for path, value in newest.items()) or json.dumps(message)


for line in sys.stdin:
    topic, _, payload = line.strip().partition(" ")
    _, _, vid, kind, *rest = topic.split("/")
    payload = bytes.fromhex(payload)
    if kind == "policy" and payload:
        print(document(payload), flush=True)
    elif kind == "to" and rest[-1] != "hpke":  # sealed: only the reader can open it
        message = json.loads(gzip.decompress(payload) if rest[-1] == "gz" else payload)
        number = rest[0], message["epoch"], message["seq"]
        if number not in seen:  # the same number never says another thing
            seen.add(number)
            print(who.get(rest[0], "nobody"), rest[1], told(message), sep=": ", flush=True)
