from handover.models.batches import Batch, Document, Handover, HandoverStep, OwnerFile, Slot, StepOrder
from handover.models.fees import Bill, BillLine, FeeItem, FeeRule, Payment
from handover.models.houses import Builder, Defect, HouseKey, KeyMove
from handover.models.lists import OwnerList
from handover.models.living import MoveIn, Pass, PassItem, PassRule
from handover.models.papers import DocumentRule
from handover.models.plans import HousePlan, PlannedHouse

__all__ = [
    "Batch",
    "Bill",
    "BillLine",
    "Builder",
    "Defect",
    "Document",
    "DocumentRule",
    "FeeItem",
    "FeeRule",
    "Handover",
    "HandoverStep",
    "HouseKey",
    "HousePlan",
    "KeyMove",
    "MoveIn",
    "OwnerFile",
    "OwnerList",
    "Pass",
    "PassItem",
    "PassRule",
    "Payment",
    "PlannedHouse",
    "Slot",
    "StepOrder",
]
