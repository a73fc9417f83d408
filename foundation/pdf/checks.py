"""What the machine must have to print Chinese well, asked at start: each lack is one sentence with what to type."""

import ctypes
import sys
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register

FAMILIES = ("Noto Sans CJK SC", "Noto Sans SC")
# fontconfig's own scale: 80 regular, 200 bold.
FACES = {"Regular": 80, "Bold": 200}
PANGO = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz.so.0", "libfontconfig.so.1")
FC_MATCH_PATTERN = 0


@register()
def printing(**kwargs: Any) -> list[CheckMessage]:
    """Without Pango nothing prints; without harfbuzz-subset it takes five to twenty times as long."""
    if sys.platform != "linux":
        return []
    missing = [name for name in PANGO if _library(name) is None]
    if missing:
        return [
            Error(
                f"无法生成 PDF：系统缺少 {'、'.join(missing)}。",
                hint="请执行：apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk",
                id="pdf.E001",
            )
        ]
    found: list[CheckMessage] = []
    if _library("libharfbuzz-subset.so.0") is None:
        found.append(
            Warning(
                "生成中文 PDF 会慢 5 到 20 倍：系统缺少 libharfbuzz-subset。",
                hint="请执行：apt-get install -y libharfbuzz-subset0",
                id="pdf.W001",
            )
        )
    lacking = [face for face, weight in FACES.items() if not has_face(weight)]
    if lacking:
        found.append(
            Warning(
                f"PDF 中的中文无法正常显示：系统缺少 Noto Sans CJK SC 字体（{'、'.join(lacking)}）。",
                hint="请执行：apt-get install -y fonts-noto-cjk",
                id="pdf.W002",
            )
        )
    return found


def _library(name: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


def has_face(weight: int) -> bool:
    """Does the font system, asked for our family at this weight, answer with a real face of it?

    Asked through fontconfig itself, as Pango does, so that a font folder of one's own counts. A variable font does not:
    embedding one takes fifteen times as long and makes files that readers complain of.
    """
    fontconfig = _library("libfontconfig.so.1")
    if fontconfig is None:
        return False
    for name in ("FcInitLoadConfigAndFonts", "FcNameParse", "FcFontMatch"):
        getattr(fontconfig, name).restype = ctypes.c_void_p
    config = ctypes.c_void_p(fontconfig.FcInitLoadConfigAndFonts())
    try:
        return any(_matches(fontconfig, config, family, weight) for family in FAMILIES)
    finally:
        fontconfig.FcConfigDestroy(config)


def _matches(fontconfig: ctypes.CDLL, config: ctypes.c_void_p, family: str, weight: int) -> bool:
    wanted = ctypes.c_void_p(fontconfig.FcNameParse(f"{family}:weight={weight}".encode()))
    fontconfig.FcConfigSubstitute(config, wanted, FC_MATCH_PATTERN)
    fontconfig.FcDefaultSubstitute(wanted)
    match = ctypes.c_void_p(fontconfig.FcFontMatch(config, wanted, ctypes.byref(ctypes.c_int())))
    fontconfig.FcPatternDestroy(wanted)
    if not match:
        return False
    name, heaviness = ctypes.c_char_p(), ctypes.c_double()
    fontconfig.FcPatternGetString(match, b"family", 0, ctypes.byref(name))
    fontconfig.FcPatternGetDouble(match, b"weight", 0, ctypes.byref(heaviness))
    found = (name.value or b"").decode()
    index = ctypes.c_int()
    fontconfig.FcPatternGetInteger(match, b"index", 0, ctypes.byref(index))
    fontconfig.FcPatternDestroy(match)
    # The upper half of the index numbers the instances of a variable font.
    return found in FAMILIES and index.value >> 16 == 0 and abs(heaviness.value - weight) < 30
