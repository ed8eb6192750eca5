"""Importing this first makes Ctrl-C end a program without a traceback while its imports run, which takes seconds."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)
