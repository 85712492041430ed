# SPDX-License-Identifier: MIT
"""A shell on a terminal, as a person uses it."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

BEGIN, END = "\x01", "\x05"
PROMPT = "ready> "


class Terminal:
    """Runs a shell in a folder; to be closed."""

    def __init__(self, command, folder, **env):
        self.command, self.text = command, ""
        self.process, self.file = pty.fork()
        if not self.process:
            os.chdir(folder)
            os.execvpe(command[0], command, {
                "PATH": os.environ["PATH"], "TERM": "dumb", "LC_ALL": "C.UTF-8",
                "HOME": str(folder), "PS1": PROMPT, **env})
        # Lines are not wrapped.
        fcntl.ioctl(self.file, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 200, 1000, 0, 0))
        self.read_until(re.escape(PROMPT))

    def read_until(self, pattern, seconds=20):
        end = time.monotonic() + seconds
        while not (match := re.search(pattern, self.text, re.M)):
            left = end - time.monotonic()
            assert left > 0, f"no {pattern} in {self.text!r}"
            if select.select([self.file], [], [], left)[0]:
                self.text += os.read(self.file, 4096).decode()
        self.text = self.text[match.end():]
        return match

    def type(self, text):
        os.write(self.file, text.encode())

    def complete(self, line):
        """What the line becomes with the tabulator key."""
        self.type(f"{line}\t{BEGIN}printf '<%s>\\n' '{END}'\n")
        return self.read_until(r"^<(.*)>\r$").group(1)

    def run(self, command):
        self.type(command + "; echo ha''ve run\n")
        self.read_until(r"^have run\r$")

    def close(self):
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.file)
