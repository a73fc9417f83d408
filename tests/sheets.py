"""Reading the .xlsx files that pages give away."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from django.http import HttpResponse
from python_calamine import CalamineWorkbook


def lines(response: HttpResponse) -> list[dict[str, Any]]:
    """The rows of the first sheet by the heads of their columns; a formula anywhere in the file fails."""
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(response.content)) as package:
        assert not any(b"<f>" in package.read(name) for name in package.namelist())
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()
    return [dict(zip(head, row, strict=True)) for row in rows]
