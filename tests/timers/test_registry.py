import pytest

from foundation.timers.registry import handler, handler_of, name_of
from tests.timers.clocks import KIND


def test_a_kind_has_one_handler():
    with pytest.raises(ValueError, match="already registered"):
        handler(KIND, name="另一个")(print)
    assert name_of(KIND) == "处理时限"


def test_an_unknown_kind_is_named_by_its_code_and_has_no_handler():
    assert name_of("tests.unknown") == "tests.unknown"
    with pytest.raises(LookupError, match=r"没有登记处理程序：tests\.unknown"):
        handler_of("tests.unknown")
