"""What must not be missing in the demo, told to the minute: the callers of one event, and cases in every state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random

from accounts.roles import Role
from complaints.choices import Cause, Channel, GradeReason, Kind
from complaints.services.events import answer_event, open_event, tie_case
from complaints.services.registering import Caller
from config.demo.casestories import DAY, HOUR, MINUTE, Step, in_order
from config.demo.contacts import Contact, Desk
from config.demo.play import Story
from config.demo.sayings import Saying

# --- the same event -----------------------------------------------------------------------------------------------------

WATER = (
    "3幢停水",
    Cause.WATER,
    [
        "家里突然一点水都没有了，做饭做到一半",
        "3幢是不是停水了，也没有通知",
        "下班回来没水，孩子要洗澡怎么办",
        "停水一个多小时了，到底什么时候来水",
        "马桶都冲不了，家里还有老人",
        "水刚来一会儿又停了，你们到底有没有人管",
    ],
    ["高区供水泵控制柜烧毁，厂家已在路上，现用水车在 3 幢门口送水，预计 22:00 前恢复", "控制柜已更换，水压恢复正常"],
)
LIFT = (
    "2幢 1 号梯停运",
    Cause.LIFT,
    ["2幢电梯又坏了，老人在楼下上不去", "电梯停了一上午，快递都送不上来", "电梯门打不开，里面好像没有人，灯是黑的"],
    ["主板故障，备件下午到，已安排秩序员帮老人提物"],
)
TIED_AT_ONCE = 4


def outage(desk: Desk, what: tuple[str, Cause, list[str], list[str]], start: datetime) -> Story:
    """Several callers of one building within the hour, tied to one event and answered together (CMP-16, CMP-8)."""
    title, cause, said, (progress, *done) = what
    houses = [house for house in desk.houses if house.code.startswith(title[:2])]
    by, event = desk.at(Role.SERVICE)[0], []
    ones = [
        Contact(
            desk,
            Saying(Kind.COMPLAINT, cause, words, "".join(done)),
            Random(desk.rng.getrandbits(64)),
            caller=Caller(house=house, name=house.owner.name, phone=house.owner.phone),
            touched={by.pk},
        )
        for words, house in zip(said, desk.rng.sample(houses, len(said)), strict=True)
    ]

    def open_(at: datetime) -> None:
        event.append(open_event(cases=[one.case for one in ones[:TIED_AT_ONCE]], by=by, at=at, title=title))

    def tie(at: datetime, one: Contact) -> None:
        tie_case(case=one.case, event=event[0], by=by, at=at)

    def answer(at: datetime, words: str) -> None:
        answer_event(event=event[0], by=by, at=at, answer=words)

    # Six become 重大 by their number; three are graded by the lead.
    graded = [
        one.judge if len(ones) > TIED_AT_ONCE else partial(one.grade, reason=GradeReason.SERIOUS_NEED) for one in ones
    ]
    steps: list[Step] = []
    for number, (one, grade) in enumerate(zip(ones, graded, strict=True)):
        at = start + number * 7 * MINUTE
        verbs = [(0, one.register), (3, one.transfer), (9, one.accept), (55, grade)]
        steps += [(at + minutes * MINUTE, verb) for minutes, verb in verbs]
    opened = start + len(ones) * 7 * MINUTE
    steps += [(opened, open_), (start + 100 * MINUTE, partial(answer, words=progress))]
    steps += [(opened + (1 + n) * 4 * MINUTE, partial(tie, one=one)) for n, one in enumerate(ones[TIED_AT_ONCE:])]
    if done:
        mended = start + 5 * HOUR
        steps += [(mended + number * MINUTE, one.report) for number, one in enumerate(ones)]
        steps.append((mended + 30 * MINUTE, partial(answer, words=done[0])))
        steps += [
            (mended + (15 + number) * HOUR, partial(one.call_back, satisfaction=3 + number % 3))
            for number, one in enumerate(ones)
        ]
    yield from in_order(*steps)


# --- from the past, and of today --------------------------------------------------------------------------------------

REPAIR, COMPLAINT, NEED = Kind.REPAIR, Kind.COMPLAINT, Kind.NEED
PHONE, SCAN = Channel.PHONE, Channel.SCAN
D, H = 24 * 60, 60
# Kind, urgent, channel, which of the two assistants, then the verbs, each so many minutes before now.
PAST: list[tuple] = [
    (COMPLAINT, False, PHONE, 0, (20 * D, "register"), (28797, "transfer"), (28780, "accept"), (28700, "serious"),
     (28600, "reply"), (27600, "extend"), (27500, "grant"), (24500, "report"), (24400, "answer"), (23400, "call_back")),
    (COMPLAINT, False, PHONE, 1, (34 * D, "register"), (48957, "transfer"), (48940, "accept"), (48900, "serious"),
     (48600, "reply"), (47800, "extend"), (47700, "refuse"), (46900, "report"), (46800, "answer"), (45900, "call_back")),
    (COMPLAINT, False, Channel.VISIT_US, 0, (26 * D, "register"), (37436, "transfer"), (37425, "accept"),
     (37400, "major"), (37000, "reply"), (33200, "report"), (33100, "answer"), (32000, "call_back"), (31500, "sign")),
    (COMPLAINT, False, Channel.REFERRED, 1, (44 * D, "register"), (63357, "transfer"), (63340, "accept"),
     (63300, "minor"), (63000, "reply"), (60500, "report"), (60400, "answer"), (59400, "angry"), (59300, "reopen"),
     (57700, "report"), (57600, "answer"), (56700, "call_back")),
    (Kind.SUGGESTION, False, Channel.BOX, 0, (15 * D, "register"), (21596, "transfer"), (21500, "accept"),
     (21000, "report"), (20950, "answer"), (20200, "call_back")),
    (REPAIR, False, Channel.PATROL, 1, (12 * D, "register"), (17277, "transfer"), (17270, "accept"), (17262, "arrive"),
     (17000, "report"), (16950, "answer"), (16200, "call_back")),
    (REPAIR, False, SCAN, 0, (8 * D, "scan"), (11516, "take"), (11514, "transfer"), (11508, "accept"), (11500, "arrive"),
     (11300, "report"), (11250, "answer"), (11000, "rate")),
]  # fmt: skip
TODAY: list[tuple] = [
    (REPAIR, False, SCAN, 0, (6, "scan")),
    (NEED, False, PHONE, 0, (8, "register")),
    (COMPLAINT, False, PHONE, 0, (35, "register"), (32, "transfer")),
    (REPAIR, True, PHONE, 1, (14, "register"), (12, "transfer")),
    (REPAIR, True, PHONE, 0, (190, "register"), (188, "transfer"), (185, "accept"), (176, "arrive")),
    (COMPLAINT, False, PHONE, 1, (30 * H, "register"), (1796, "transfer"), (1780, "accept"), (1700, "serious"),
     (1500, "reply")),
    (REPAIR, False, PHONE, 0, (2 * D, "register"), (2870, "transfer"), (2860, "accept"), (2850, "arrive"), (2800, "reply"),
     (2780, "pause")),
    (COMPLAINT, False, PHONE, 0, (6 * D + 260, "register"), (8895, "transfer"), (8880, "accept"), (8800, "minor"),
     (8600, "reply"), (180, "extend")),
    (COMPLAINT, False, PHONE, 1, (20 * H, "register"), (1196, "transfer"), (1180, "accept"), (1100, "serious"),
     (900, "reply"), (90, "manager_extends")),
    (REPAIR, False, PHONE, 0, (7 * H, "register"), (417, "transfer"), (410, "accept"), (400, "arrive"), (40, "report")),
    (COMPLAINT, False, PHONE, 1, (9 * H, "register"), (536, "transfer"), (520, "accept"), (450, "minor"), (95, "report")),
    (REPAIR, False, PHONE, 0, (30 * H, "register"), (1797, "transfer"), (1790, "accept"), (1775, "arrive"),
     (1500, "report"), (1410, "answer")),
    (COMPLAINT, False, PHONE, 0, (3 * D, "register"), (4316, "transfer"), (4300, "accept"), (4200, "minor"),
     (4000, "reply"), (1640, "report"), (1560, "answer")),
    (REPAIR, False, PHONE, 1, (26 * H, "register"), (1556, "transfer"), (1550, "accept"), (1535, "arrive"),
     (600, "report"), (560, "answer")),
    (REPAIR, False, PHONE, 0, (28 * H, "register"), (1676, "transfer"), (1670, "accept"), (1655, "arrive"),
     (800, "report"), (720, "answer"), (180, "try_to_call")),
    (COMPLAINT, False, PHONE, 0, (2 * D, "register"), (2876, "transfer"), (2860, "accept"), (2800, "minor"),
     (2600, "reply"), (1100, "report"), (1040, "answer"), (25, "dissatisfied")),
    (COMPLAINT, False, PHONE, 1, (5 * H, "register"), (296, "transfer"), (100, "invalid")),
    (NEED, False, PHONE, 0, (19 * H, "register"), (1136, "transfer"), (1080, "promise"), (1000, "accept")),
    (Kind.PRAISE, False, Channel.WECHAT, 0, (50, "register")),
    (Kind.SUGGESTION, False, PHONE, 1, (22 * H, "register"), (1316, "transfer"), (1300, "accept")),
    (REPAIR, False, PHONE, 1, (3 * D, "register"), (4316, "transfer"), (4310, "accept"), (4300, "arrive"),
     (3000, "report"), (2950, "answer"), (1700, "unsolved")),
    (Kind.QUESTION, False, Channel.VISIT_US, 0, (75, "register"), (72, "settle")),
]  # fmt: skip


def verb_of(one: Contact, verb: str) -> Callable[[datetime], None]:
    special: dict[str, Callable[[datetime], None]] = {
        "promise": lambda at: one.promise(at, until=at + 23 * HOUR),
        "invalid": lambda at: one.judge(at, valid=False),
        "minor": lambda at: one.grade(at, reason=GradeReason.MINOR_EASY),
        "serious": lambda at: one.grade(at, reason=GradeReason.SERIOUS_NEED),
        "major": lambda at: one.grade(at, reason=GradeReason.MAJOR_HARM),
        "extend": lambda at: one.ask_extension(at, until=at + 4 * DAY),
        "manager_extends": lambda at: one.ask_extension(at, until=at + 3 * DAY, by=one.desk.manager),
        "grant": lambda at: one.decide_extension(at, grant=True),
        "refuse": lambda at: one.decide_extension(at, grant=False),
        "dissatisfied": lambda at: one.call_back(at, satisfaction=2),
        "angry": lambda at: one.call_back(at, satisfaction=1),
        "unsolved": lambda at: one.call_back(at, solved=False),
    }
    return special.get(verb) or getattr(one, verb)
