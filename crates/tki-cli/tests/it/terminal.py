"""Runs a command on a terminal of its own and answers what it asks.

The one argument is a file with {"command": […], "answers": [[question, answer, how], …], "columns": …}.
How an answer is typed: "line" and "secret" with Enter, the latter when the terminal has stopped showing
what is typed; "keys" as they are, when the terminal takes keys one by one; "as it is asked" as the
terminal takes it: a line, or the names of keys; "as it is" what is given, and no more.
Prints {"code": …, "seen": …, "unasked": …}: how the command ended, all that was written to the terminal,
and the first question that did not come.
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


def too_long(_signal, _frame):
    raise TimeoutError


# Whoever waits for a question that never comes is ended here, not by the test's own runner.
signal.signal(signal.SIGALRM, too_long)
signal.alarm(plan.get("seconds", 120))

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


NAMES = {"↑": "\x1b[A", "↓": "\x1b[B", "Enter": "\r", "Esc": "\x1b", "Space": " "}


def keys(names):
    """What is sent by keys with these names; a name that is none stands for itself."""
    return "".join(NAMES.get(name, name) for name in names.split())


unasked = None


def answer_all():
    """Answers each question when it comes, and waits for the end."""
    global unasked
    position = 0
    for question, answer, how in plan["answers"]:
        unasked = question
        while question.encode() not in seen[position:]:
            if not read_on():
                break
        found = seen.find(question.encode(), position)
        if found < 0:
            return
        position = found + len(question.encode())
        while (how == "secret" and shows_what_is_typed()) or (how == "keys" and takes_lines()):
            select.select([], [], [], 0.001)
        if how == "as it is asked" and not takes_lines():
            answer, how = keys(answer), "keys"
        os.write(terminal, answer.encode() + (b"" if how in ("keys", "as it is") else b"\n"))
        unasked = None
    while read_on():
        pass


try:
    answer_all()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
except TimeoutError:
    os.kill(child, signal.SIGKILL)
    code = -signal.SIGALRM
print(json.dumps({"code": code, "seen": seen.decode(errors="replace"), "unasked": unasked}))
