"""Settings of the test run: the same file, told that it is a test before it is read."""

import os

os.environ["DUDAO_ENV"] = "test"

from config.settings import *  # noqa: F403
