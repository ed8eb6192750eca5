"""Importing this lets Ctrl-C end the program at once, without a traceback: for the first line of an entry point.

The imports of an entry point take seconds, and Python would answer an interruption in the middle of them with a
traceback from wherever they are. `theory.cli.run` puts Python's own handler back once there is something to tidy up.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)
