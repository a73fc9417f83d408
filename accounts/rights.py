"""What each role may do (ORG-1, ORG-2): one table, read by views, buttons and services alike.

A right is held at the node of the post and below. Auditors read everything there and change nothing; administrators
configure, and fill in nothing.
"""

from django.db.models import TextChoices

from accounts.roles import Role
from estates import access


class Right(TextChoices):
    VIEW_HOUSES = access.VIEW_HOUSES, "查看房屋档案"
    CHANGE_HOUSES = access.CHANGE_HOUSES, "变更业主和租户"
    REVEAL_PERSONAL = access.REVEAL_PERSONAL, "查看完整证件号和手机"
    IMPORT_HOUSES = access.IMPORT_HOUSES, "导入业主清册"
    VIEW_INSPECTIONS = "view_inspections", "查看检查和整改"
    FILL_INSPECTION = "fill_inspection", "执行检查"
    START_ADHOC = "start_adhoc", "发起临时检查"
    RECTIFY = "rectify", "提交整改"
    RECHECK = "recheck", "复查整改"
    ASK_EXTENSION = "ask_extension", "申请延期"
    DECIDE_EXTENSION = "decide_extension", "批准延期"
    MANAGE_SCHEDULES = "manage_schedules", "设置检查计划"
    VIEW_CREDIBILITY = "view_credibility", "查看自查可信度"
    EDIT_BULLETIN = "edit_bulletin", "编辑简报"
    ISSUE_BULLETIN = "issue_bulletin", "签发简报"
    VIEW_BULLETINS = "view_bulletins", "查看简报"
    VIEW_CASES = "view_cases", "查看诉求"
    REGISTER_CASE = "register_case", "登记诉求"
    TRANSFER_CASE = "transfer_case", "转派诉求"
    HANDLE_CASE = "handle_case", "处理诉求"
    ANSWER_CASE = "answer_case", "答复客户"
    JUDGE_CASE = "judge_case", "界定和定级投诉"
    EXTEND_CASE = "extend_case", "批准处理延期"
    TIE_EVENT = "tie_event", "归并同一事件"
    CALL_BACK = "call_back", "回访客户"
    VISIT_CUSTOMERS = "visit_customers", "访问客户"
    MAKE_CODES = "make_codes", "生成扫码报事码"
    VIEW_WEEKLY = "view_weekly", "查看周汇报表"
    EDIT_WEEKLY = "edit_weekly", "填写周汇报表说明"
    VIEW_HANDOVER = "view_handover", "查看交房入住"
    MANAGE_BATCH = "manage_batch", "管理交付批次"
    HANDLE_STEP = "handle_step", "办理交房步骤"
    INSPECT_HOUSE = "inspect_house", "登记和复验遗留问题"
    KEEP_PLANS = "keep_plans", "维护户型图"
    COLLECT_FEES = "collect_fees", "收取和冲销费用"
    MAKE_BILLS = "make_bills", "生成续期和开发商账单"
    MOVE_KEYS = "move_keys", "登记钥匙"
    MOVE_IN = "move_in", "办理入住"
    MAKE_PASS = "make_pass", "开具出门条"
    DECIDE_PASS = "decide_pass", "决定欠费放行"
    CHECK_PASS = "check_pass", "核验出门条"
    ADMINISTER = access.ADMINISTER, "系统管理"
    VIEW_HEALTH = "view_health", "查看系统状态"


SUPERVISORS = frozenset({Role.GROUP_SUPERVISOR, Role.BRANCH_SUPERVISOR})
HEADS = frozenset({Role.GENERAL_MANAGER})
MANAGERS = frozenset({Role.ESTATE_MANAGER})
LEADS = frozenset({Role.SERVICE_LEAD, Role.ENGINEERING_LEAD, Role.SECURITY_LEAD, Role.ENVIRONMENT_LEAD})
MEMBERS = frozenset({Role.SERVICE, Role.ENGINEERING, Role.SECURITY, Role.ENVIRONMENT, Role.CONTROL_ROOM})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
AUDITORS = frozenset({Role.AUDITOR})

TEAM = MANAGERS | LEADS | MEMBERS
DESK = MANAGERS | {Role.SERVICE_LEAD, Role.SERVICE}
EVERYONE = frozenset(Role)

HOLDERS: dict[Right, frozenset[Role]] = {
    # Cleaning and greening have no errand that needs owners' names.
    Right.VIEW_HOUSES: EVERYONE - {Role.ENVIRONMENT, Role.ENVIRONMENT_LEAD},
    Right.CHANGE_HOUSES: MANAGERS | {Role.SERVICE_LEAD, Role.ARCHIVIST},
    # Those who must reach or identify an owner. An administrator need not, and an auditor reads what is shown.
    Right.REVEAL_PERSONAL: MANAGERS | {Role.SERVICE_LEAD, Role.SERVICE, Role.CASHIER, Role.ARCHIVIST},
    Right.IMPORT_HOUSES: ADMINISTRATORS,
    Right.VIEW_INSPECTIONS: EVERYONE - {Role.CASHIER, Role.ARCHIVIST},
    Right.FILL_INSPECTION: SUPERVISORS | TEAM,
    Right.START_ADHOC: SUPERVISORS | MANAGERS | LEADS,
    Right.RECTIFY: TEAM,
    Right.RECHECK: SUPERVISORS | MANAGERS | LEADS,
    Right.ASK_EXTENSION: TEAM,
    # Who of them it is on one rectification, "the role of the next step" (INS-11), is for its guard to say.
    Right.DECIDE_EXTENSION: SUPERVISORS | MANAGERS | LEADS,
    Right.MANAGE_SCHEDULES: ADMINISTRATORS,
    # For the upper tiers: the estate that is being compared does not see the comparison (INS-16).
    Right.VIEW_CREDIBILITY: SUPERVISORS | HEADS | AUDITORS,
    Right.EDIT_BULLETIN: SUPERVISORS,
    Right.ISSUE_BULLETIN: SUPERVISORS,
    Right.VIEW_BULLETINS: SUPERVISORS | HEADS | MANAGERS | LEADS | AUDITORS,
    Right.VIEW_CASES: EVERYONE - {Role.CASHIER, Role.ARCHIVIST},
    # 首问责任制 (CMP-1): whoever is reached first records it.
    Right.REGISTER_CASE: TEAM,
    Right.TRANSFER_CASE: TEAM,
    Right.HANDLE_CASE: TEAM,
    Right.ANSWER_CASE: TEAM,
    Right.JUDGE_CASE: MANAGERS | {Role.SERVICE_LEAD},
    # The manager's own request goes to the branch.
    Right.EXTEND_CASE: MANAGERS | SUPERVISORS,
    Right.TIE_EVENT: DESK,
    Right.CALL_BACK: DESK,
    Right.VISIT_CUSTOMERS: DESK,
    Right.MAKE_CODES: MANAGERS | {Role.SERVICE_LEAD, Role.ARCHIVIST},
    Right.VIEW_WEEKLY: SUPERVISORS | HEADS | MANAGERS | LEADS | AUDITORS,
    Right.EDIT_WEEKLY: SUPERVISORS | MANAGERS | {Role.SERVICE_LEAD},
    Right.VIEW_HANDOVER: EVERYONE - {Role.ENVIRONMENT, Role.ENVIRONMENT_LEAD},
    Right.MANAGE_BATCH: MANAGERS | {Role.SERVICE_LEAD},
    Right.HANDLE_STEP: DESK | {Role.ARCHIVIST},
    Right.INSPECT_HOUSE: DESK | {Role.ENGINEERING, Role.ENGINEERING_LEAD},
    Right.KEEP_PLANS: MANAGERS | {Role.SERVICE_LEAD, Role.ENGINEERING_LEAD, Role.ARCHIVIST},
    # The one who computes a fee is not the one who takes the money: only cashiers take it.
    Right.COLLECT_FEES: frozenset({Role.CASHIER}),
    # Computed by the rates, the areas and the calendar alone; nothing is typed, so the cashier may press the button.
    Right.MAKE_BILLS: DESK | {Role.CASHIER},
    Right.MOVE_KEYS: DESK | {Role.ENGINEERING_LEAD, Role.CONTROL_ROOM},
    Right.MOVE_IN: DESK | {Role.ARCHIVIST},
    Right.MAKE_PASS: DESK,
    Right.DECIDE_PASS: MANAGERS,
    Right.CHECK_PASS: MANAGERS | {Role.SECURITY, Role.SECURITY_LEAD, Role.CONTROL_ROOM},
    Right.ADMINISTER: ADMINISTRATORS,
    Right.VIEW_HEALTH: ADMINISTRATORS,
}
