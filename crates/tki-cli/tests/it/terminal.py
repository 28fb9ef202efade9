"""Runs a command on a terminal of its own and answers what it asks.

The one argument is a file with {"command": […], "answers": [[question, answer, how], …], "columns": …}.
How an answer is typed: "line" and "secret" with Enter, the latter when the terminal has stopped showing
what is typed; "keys" as they are, when the terminal takes keys one by one.
Prints {"code": …, "seen": …}: how the command ended, and all that was written to the terminal.
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios

with open(sys.argv[1]) as file:
    plan = json.load(file)

# Whoever waits for a question that never comes is ended here, not by the test's own runner.
signal.alarm(120)

child, terminal = pty.fork()
if child == 0:
    size = struct.pack("HHHH", 24, plan["columns"], 0, 0)
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.execvp(plan["command"][0], plan["command"])

seen = b""


def read_on():
    """Waits for more; False when the command has closed its terminal."""
    global seen
    select.select([terminal], [], [])
    try:
        more = os.read(terminal, 4096)
    except OSError:
        more = b""
    seen += more
    return bool(more)


def shows_what_is_typed():
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def takes_lines():
    return bool(termios.tcgetattr(terminal)[3] & termios.ICANON)


position = 0
for question, answer, how in plan["answers"]:
    while question.encode() not in seen[position:]:
        if not read_on():
            break
    found = seen.find(question.encode(), position)
    if found < 0:
        break
    position = found + len(question.encode())
    while (how == "secret" and shows_what_is_typed()) or (how == "keys" and takes_lines()):
        select.select([], [], [], 0.001)
    os.write(terminal, answer.encode() + (b"" if how == "keys" else b"\n"))

while read_on():
    pass

_, status = os.waitpid(child, 0)
code = os.waitstatus_to_exitcode(status)
print(json.dumps({"code": code, "seen": seen.decode(errors="replace")}))
