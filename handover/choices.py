"""The words of the chapter (HND-1…7)."""

from __future__ import annotations

from django.db import models


class StepKind(models.TextChoices):
    """What a house walks through (HND-1), in the default order; the order is data per estate."""

    IDENTITY = "identity", "核对身份"
    DOCUMENTS = "documents", "收取资料"
    OWNER_FILE = "owner_file", "填写《业主档案》"
    SAFETY = "safety", "签署《安全责任书》"
    INSPECTION = "inspection", "验房"
    FEES = "fees", "计算费用"
    PAYMENT = "payment", "缴费"
    KEYS = "keys", "领取钥匙和资料"


# HND-5, fixed: these are not done without a signature.
SIGNED = frozenset({StepKind.OWNER_FILE, StepKind.SAFETY, StepKind.INSPECTION, StepKind.KEYS})


class BuyerKind(models.TextChoices):
    """Which documents are asked for."""

    PERSON = "person", "个人"
    COUPLE = "couple", "夫妻共有"
    COMPANY = "company", "单位"
    PROXY = "proxy", "委托办理"


class NotTaken(models.TextChoices):
    """未接房原因 (HND-4)."""

    AWAY = "away", "在外地，改期办理"
    UNREACHED = "unreached", "联系不上"
    QUALITY = "quality", "对房屋质量有异议"
    FEES = "fees", "对费用有异议"
    PAPERS = "papers", "资料不齐"
    LOAN = "loan", "按揭或产权手续未办完"
    DISPUTE = "dispute", "与开发商有纠纷"
    OTHER = "other", "其他"


class FeeBasis(models.TextChoices):
    """What a rate is multiplied by (HND-2)."""

    AREA = "area", "按建筑面积"
    HOUSE = "house", "按户"
    FIXED = "fixed", "固定金额"


class Payer(models.TextChoices):
    """HND-2: until the handover the developer, after it the owner."""

    DEVELOPER = "developer", "开发商"
    OWNER = "owner", "业主"


class Method(models.TextChoices):
    CASH = "cash", "现金"
    CARD = "card", "刷卡"
    WECHAT = "wechat", "微信"
    ALIPAY = "alipay", "支付宝"
    TRANSFER = "transfer", "银行转账"


class KeyKind(models.TextChoices):
    ENTRY = "entry", "入户门"
    UNIT = "unit", "单元门禁"
    MAILBOX = "mailbox", "信报箱"
    METER = "meter", "水电表箱"
    PARKING = "parking", "车位"


class CarrierKind(models.TextChoices):
    """Who carries goods out (HND-7)."""

    OWNER = "owner", "业主"
    TENANT = "tenant", "租户"
    FAMILY = "family", "家属"
    HELPER = "helper", "保姆、家政、搬家人员"
    STAFF = "staff", "单位职员"


class ReleaseReason(models.TextChoices):
    MOVE_OUT = "move_out", "搬家迁出"
    TEMPORARY = "temporary", "临时携出"


class Goods(models.TextChoices):
    """Large goods only (HND-7)."""

    FURNITURE = "furniture", "家具"
    DESK = "desk", "办公桌椅"
    COMPUTER = "computer", "电脑设备"
    APPLIANCE = "appliance", "电器"
    CARTON = "carton", "纸箱"
    PARCEL = "parcel", "大件包裹、袋子"
    OTHER = "other", "其他大件"
