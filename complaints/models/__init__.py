from complaints.models.cases import Call, Case, CaseExtension, Round
from complaints.models.codes import ReportCode
from complaints.models.events import Event
from complaints.models.policies import LadderStep, Policy, PolicyRule
from complaints.models.visits import Visit, VisitPoint

__all__ = [
    "Call",
    "Case",
    "CaseExtension",
    "Event",
    "LadderStep",
    "Policy",
    "PolicyRule",
    "ReportCode",
    "Round",
    "Visit",
    "VisitPoint",
]
