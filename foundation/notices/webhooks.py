"""The address of a chat robot: an administrator types it, and the server will call it, so it leads to known hosts only."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

HTTPS_PORT = 443


def fault(url: str) -> str:
    """What is wrong with the address, as a sentence; "" when it may be called."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "这个地址看不懂，请从群机器人的设置里重新复制。"
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.NOTICE_ROBOT_PLAIN_HTTP):
        return "地址必须以 https:// 开头。"
    if parts.username is not None or parts.password is not None:
        return "地址里不能有用户名和密码。"
    known = host if port in (None, HTTPS_PORT) else f"{host}:{port}"
    if known not in settings.NOTICE_ROBOT_HOSTS:
        return f"只能发往 {'、'.join(settings.NOTICE_ROBOT_HOSTS)}。"
    return ""
