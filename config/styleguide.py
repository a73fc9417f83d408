"""Sample data of the style guide: every component in every state."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.utils.datastructures import MultiValueDict

from foundation.signatures.forms import SignForm
from foundation.timers.models import Clock, ClockState

STATES = [
    {"tone": "open", "label": "待整改"},
    {"tone": "open", "label": "待复查", "icon": "search-check"},
    {"tone": "soon", "label": "今日到期"},
    {"tone": "late", "label": "已超时"},
    {"tone": "done", "label": "已关闭"},
    {"tone": "idle", "label": "未开始"},
    {"tone": "idle", "label": "漏检", "icon": "circle-off"},
]
TABS = [
    {"value": "", "label": "全部", "count": 128},
    {"value": "open", "label": "待整改", "count": 12},
    {"value": "recheck", "label": "待复查", "count": 5},
    {"value": "late", "label": "已超期", "count": 3},
    {"value": "closed", "label": "已关闭", "count": 108},
]
ROWS = [
    {
        "number": "ZG-2026-0412",
        "what": "消防通道堆放杂物",
        "risk": "redline",
        "place": "翠湖花园",
        "tone": "late",
        "state": "待整改",
        "due": "11-19",
    },
    {
        "number": "ZG-2026-0418",
        "what": "灭火器压力低于绿区",
        "risk": "major",
        "place": "云栖雅苑",
        "tone": "soon",
        "state": "待整改",
        "due": "11-21",
    },
    {
        "number": "ZG-2026-0420",
        "what": "值班室交接记录缺签名",
        "risk": "minor",
        "place": "翠湖花园",
        "tone": "open",
        "state": "待复查",
        "due": "11-28",
    },
    {
        "number": "ZG-2026-0397",
        "what": "屋面排水口有落叶",
        "risk": "minor",
        "place": "滨江壹号",
        "tone": "done",
        "state": "已关闭",
        "due": "11-15",
    },
]
FACTS = [
    ("项目", "翠湖花园"),
    ("检查项", "疏散通道、安全出口保持畅通"),
    ("责任岗位", "秩序主管"),
    ("整改期限", "2026年11月19日 24:00"),
    ("延期", ""),
]
VERBS = [
    {"label": "提交整改", "url": "#verbs", "icon": "send", "primary": True},
    {"label": "申请延期", "url": "#verbs", "icon": "calendar-clock", "dialog": "extend-dialog"},
    {"label": "复查通过", "url": "#verbs", "why_not": "整改人不能复查自己的整改，请由其他人复查。"},
]
STATS = [
    {"label": "检查完成率", "value": "98.2", "unit": "%", "change": "+1.4", "better": True, "url": "#figures"},
    {"label": "平均得分", "value": "94.6", "unit": "分", "change": "-0.8", "better": False, "url": "#figures"},
    {"label": "红线不合格", "value": "3", "unit": "项", "change": "持平"},
    {"label": "整改超期", "value": "7", "unit": "张", "change": "+2", "better": False, "late": True, "url": "#figures"},
]
STEPS = [
    {"label": "员工工作环境", "url": "#fill", "done": 8, "total": 8, "current": False},
    {"label": "消防安全管理", "url": "#fill", "done": 3, "total": 10, "current": True},
    {"label": "安防管理", "url": "#fill", "done": 0, "total": 9, "current": False},
    {"label": "设备房与管理井", "url": "#fill", "done": 0, "total": 9, "current": False},
    {"label": "给排水系统", "url": "#fill", "done": 0, "total": 8, "current": False},
]
ITEMS = [
    {
        "name": "item-1",
        "what": "灭火器压力",
        "criterion": "压力表指针在绿区，铅封完好，在有效期内。",
        "risk": "major",
        "value": "p",
    },
    {
        "name": "item-2",
        "what": "疏散通道、安全出口",
        "criterion": "畅通、无堆物、无锁闭。",
        "risk": "redline",
        "value": "f",
    },
    {"name": "item-3", "what": "应急照明", "criterion": "断电后 5 秒内点亮。", "risk": "minor", "value": "n"},
    {"name": "item-4", "what": "消防水箱水位", "criterion": "液位在 2.0–2.6 m。", "risk": "major", "value": ""},
]
PAPER = """业主已当面清点并签收以下钥匙。
## 一、钥匙
| 种类 | 数量 | 去向 |
| 入户门 | 3 | 已交业主 |
| 信报箱 | 2 | 已交业主 |
## 二、约定
- 钥匙自签收时起由业主保管。"""
# A slip of the hand.
SLIP = '{"width": 600, "height": 220, "strokes": [[[90, 120, 0], [110, 104, 40], [128, 118, 80]]]}'


class SampleForm(forms.Form):
    measures = forms.CharField(label="整改措施", widget=forms.Textarea, help_text="写清做了什么、怎样防止再发生。")
    role = forms.ChoiceField(label="责任岗位", choices=[("", "请选择"), ("security", "秩序"), ("engineering", "工程")])
    due = forms.DateField(
        label="完成日期",
        widget=forms.DateInput(attrs={"type": "date"}),
        required=False,
        error_messages={"invalid": "请填写日期，例如 2026-11-28。"},
    )
    cause = forms.ChoiceField(label="原因", choices=[("staff", "人员"), ("plant", "设备")], widget=forms.RadioSelect)
    urgent = forms.BooleanField(label="通知分公司督导", required=False, help_text="红线项总会通知。")


class SampleFilter(forms.Form):
    risk = forms.ChoiceField(
        label="风险", required=False, choices=[("", "全部"), ("redline", "红线"), ("major", "重要"), ("minor", "一般")]
    )
    since = forms.DateField(label="自", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="至", required=False, widget=forms.DateInput(attrs={"type": "date"}))


class FileForm(forms.Form):
    file = forms.FileField(
        label="业主清册", help_text=".xlsx 格式，不超过 20 MB。", widget=forms.FileInput({"accept": ".xlsx"})
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label="原因", widget=forms.Textarea)


def clocks(at: datetime) -> list[Clock]:
    """A limit of three days in each of its states; none is saved."""
    began = at - timedelta(days=1)

    def clock(left: timedelta, **fields: Any) -> Clock:
        due = at + left
        begin = due - timedelta(days=3)
        fields = {"state": ClockState.RUNNING, "due_at": due, "started_at": begin, "round_started_at": begin} | fields
        return Clock(kind="处理", amount=3, unit="days", **fields)

    return [
        clock(timedelta(days=2, hours=4)),
        clock(timedelta(hours=3, minutes=20)),
        clock(timedelta(days=-2)),
        clock(timedelta(hours=6), state=ClockState.PAUSED, paused_at=at),
        clock(timedelta(days=1), state=ClockState.STOPPED, stopped_at=began),
        clock(timedelta(), due_at=None, missing_year=at.year + 2),
    ]


def examples(at: datetime) -> dict[str, Any]:
    """Context of templates/config/styleguide.html."""
    return {
        "at": at,
        "states": STATES,
        "clocks": clocks(at),
        "tabs": TABS,
        "rows": ROWS,
        "facts": FACTS,
        "verbs": VERBS,
        "stats": STATS,
        "steps": STEPS,
        "items": ITEMS,
        "page_of_rows": Paginator(range(128), 20).page(2),
        "filter_form": SampleFilter(),
        "form": SampleForm(auto_id="blank_%s"),
        "faulty_form": SampleForm({"role": "security", "due": "下周", "cause": ""}, auto_id="faulty_%s"),
        "file_form": FileForm(auto_id="file_%s"),
        "faulty_file_form": FileForm({}, MultiValueDict(), auto_id="faulty_file_%s"),
        "reason_form": ReasonForm(auto_id="reason_%s"),
        "paper": PAPER,
        "sign_form": SignForm(text=PAPER, label="业主签名", key="sign"),
        "faulty_sign_form": SignForm({"strokes": SLIP}, text=PAPER, label="业主签名", key="faulty-sign"),
    }
