from handover.models.batches import Batch, Document, Handover, HandoverStep, OwnerFile, Slot, StepOrder
from handover.models.fees import Bill, BillLine, FeeItem, Payment
from handover.models.houses import Builder, Defect, HouseKey, KeyMove
from handover.models.lists import OwnerList
from handover.models.living import MoveIn, Pass, PassItem, PassRule

__all__ = [
    "Batch",
    "Bill",
    "BillLine",
    "Builder",
    "Defect",
    "Document",
    "FeeItem",
    "Handover",
    "HandoverStep",
    "HouseKey",
    "KeyMove",
    "MoveIn",
    "OwnerFile",
    "OwnerList",
    "Pass",
    "PassItem",
    "PassRule",
    "Payment",
    "Slot",
    "StepOrder",
]
