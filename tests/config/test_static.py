"""A release can be collected with production settings, and its modules import each other under hashed names."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.slow
def test_static_files_are_collected_for_production(tmp_path):
    environment = {
        **os.environ,
        "DUDAO_ENV": "production",
        "SECRET_KEY": "x1" * 25,
        "ALLOWED_HOSTS": "dudao.example.org",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "STATIC_ROOT": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    hashed = list((tmp_path / "js" / "fill").glob("page.*.js"))
    assert len(hashed) == 1
    imported = re.findall(r'from "\./([^"]+)"', hashed[0].read_text())
    assert imported
    assert all((tmp_path / "js" / "fill" / name).exists() and name.count(".") == 2 for name in imported)
