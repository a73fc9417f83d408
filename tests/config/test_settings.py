"""Production refuses to start unprotected, with one sentence."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

SAFE = {
    "SECRET_KEY": "k9-Vw2_pQz7LrXy4NbTf8HsJm3DcGa6E",
    "ALLOWED_HOSTS": "dudao.example.cn",
    "DATABASE_URL": "postgres://dudao@db/dudao",
    "REDIS_URL": "redis://queue:6379/0",
}


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Read the settings as a production process does, with nothing but these variables."""
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(settings.BASE_DIR), "PYTHONUTF8": "1"}
    command = [
        sys.executable,
        "-c",
        "import config.settings as s; print(s.ENVIRONMENT, s.DEBUG, s.SESSION_COOKIE_SECURE, "
        "hasattr(s, 'SECURE_PROXY_SSL_HEADER'))",
    ]
    return subprocess.run(command, env=clean | environment, cwd="/", capture_output=True, text=True)


def test_production_is_the_default_and_starts_when_everything_is_set():
    done = start(**SAFE)
    assert done.stdout.split()[:3] == ["production", "False", "True"], done.stderr


@pytest.mark.parametrize(("proxies", "believed"), [({}, "False"), ({"TRUSTED_PROXY_COUNT": "1"}, "True")])
def test_only_a_proxy_is_believed_when_it_says_https(proxies, believed):
    done = start(**SAFE | proxies)
    assert done.stdout.split()[3] == believed, done.stderr


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SECRET_KEY": ""}, "必须设置 SECRET_KEY"),
        ({"SECRET_KEY": "too-short"}, "必须设置 SECRET_KEY"),
        ({"SECRET_KEY": "local-only-secret-never-for-production"}, "必须设置 SECRET_KEY"),
        ({"DEBUG": "1"}, "不能打开 DEBUG"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "不能用通配符"),
        ({"ALLOWED_HOSTS": "dudao.example.cn,*"}, "不能用通配符"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
    ],
)
def test_production_refuses(change, sentence):
    done = start(**SAFE | change)
    assert done.returncode != 0
    assert sentence in done.stderr.strip().splitlines()[-1]
