"""ORG-2: every URL of the resolver × every role × own and foreign estate. A URL that is not in the table fails.

`TABLE` says of each URL who may come in. For each role: with the right the page answers for the own estate and 404 for
a foreign one; without it 403 (a foreign row may also answer 404); without login the way leads to the login page. A verb
refuses GET. Whether a verb is then refused by its guard is the verb's own test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.models import User
from accounts.rights import HOLDERS, Right
from accounts.roles import Role
from complaints.models import Case, CaseExtension, Event, ReportCode
from complaints.services import visiting
from complaints.services.answering import answer_customer
from complaints.services.codes import CASES, CODES
from complaints.services.extending import ask_extension
from complaints.services.registering import Caller, register_case
from estates.models import Building, Estate, House, ImportBatch, Owner, Tenant
from foundation.attachments.services import attach
from foundation.notices.models import Notice
from foundation.notices.services import send
from foundation.worktime.months import Month
from foundation.worktime.weeks import Week
from handover.models import Bill, BillLine, Handover, OwnerList, Payment, Slot
from handover.pins import pictures_of
from handover.services.builders import add_builder, signed_key
from handover.services.defects import register_defect
from handover.services.keys import register_keys
from handover.services.steps import arrive
from inspections.models import Extension, Schedule
from reports.models import Bulletin, WeeklySheet
from reports.services import draft_bulletin, issue_bulletin
from reports.weekly import count_week
from tests.cast import Cast, make_cast
from tests.complaints.factories import standard_policy
from tests.handover.factories import make_batch
from tests.handover.money import fee_items
from tests.handover.passes import make_release
from tests.handover.plans import make_plan, spot_on
from tests.handover.signatures import make_tenancy, sign_paper, sign_tenancy
from tests.inspections.factories import (
    TODAY,
    answer_all,
    day,
    make_inspection,
    make_rectification,
    make_version,
    photo,
    submit,
)

PUBLIC = "public"
ANYONE = "anyone with a login"

Things = dict[str, Any]


@dataclass(frozen=True)
class Access:
    """Who may come in (`right`), what the URL is about (`about` → kwargs), and how it is asked.

    `post`: a verb, which refuses GET. `form`: a page whose form is sent to the same URL, so both are asked. `absent`: a
    page that answers 404 until something of one's own is there. `own` is off where even the own estate's is another's.
    `without`: what those without the right are answered.
    """

    right: Right | str
    about: Callable[[Things], dict[str, Any]] | None = None
    post: bool = False
    form: bool = False
    absent: bool = False
    own: bool = True
    without: int = 403


def pk(name: str) -> Callable[[Things], dict[str, Any]]:
    return lambda things: {"pk": things[name].pk}


def round_of(things: Things) -> dict[str, Any]:
    return {"schedule_pk": things["schedule"].pk, "period": things["scheduled"].period_start.isoformat()}


def figure_of_week(things: Things) -> dict[str, Any]:
    return {"pk": things["weekly"].pk, "figure": "case_received"}


def step_of(kind: str) -> Callable[[Things], dict[str, Any]]:
    return lambda things: {"pk": things["handover"].pk, "kind": kind}


def signed_for_move_in(things: Things) -> dict[str, Any]:
    return {"pk": things["tenancy"].pk, "code": "tenant_file"}


def scanned(things: Things) -> dict[str, Any]:
    return {"signed": CASES.sign(str(things["scanned"].pk))}


def of_builder(things: Things) -> dict[str, Any]:
    return {"signed": signed_key(things["builder"])}


V, F = Right.VIEW_INSPECTIONS, Right.FILL_INSPECTION
TABLE: dict[str, Access] = {
    "healthz": Access(PUBLIC),
    "service_worker": Access(PUBLIC),
    "manifest": Access(PUBLIC),
    "styleguide": Access(Right.ADMINISTER),
    "system": Access(Right.VIEW_HEALTH),
    "places": Access(ANYONE),
    # accounts: one's own account only
    "account_login": Access(PUBLIC),
    "account_inactive": Access(PUBLIC),
    "account_logout": Access(PUBLIC),
    "accounts:profile": Access(ANYONE),
    "account_change_password": Access(ANYONE),
    "account_reauthenticate": Access(ANYONE),
    "mfa_index": Access(ANYONE),
    "mfa_authenticate": Access(PUBLIC),
    "mfa_reauthenticate": Access(ANYONE),
    "mfa_activate_totp": Access(ANYONE),
    "mfa_deactivate_totp": Access(ANYONE, absent=True),
    "mfa_view_recovery_codes": Access(ANYONE, absent=True),
    "mfa_generate_recovery_codes": Access(ANYONE),
    "mfa_download_recovery_codes": Access(ANYONE, absent=True),
    # estates
    "estates:estates": Access(ANYONE),
    "estates:estate": Access(ANYONE, pk("estate")),
    "estates:houses": Access(Right.VIEW_HOUSES),
    "estates:export_houses": Access(Right.VIEW_HOUSES),
    "estates:house": Access(Right.VIEW_HOUSES, pk("house")),
    "estates:change_owner": Access(Right.CHANGE_HOUSES, pk("house"), form=True),
    "estates:change_tenant": Access(Right.CHANGE_HOUSES, pk("house"), form=True),
    "estates:end_tenancy": Access(Right.CHANGE_HOUSES, pk("tenant"), form=True),
    "estates:reveal_owner": Access(Right.REVEAL_PERSONAL, pk("owner"), post=True),
    "estates:reveal_tenant": Access(Right.REVEAL_PERSONAL, pk("tenant"), post=True),
    "estates:import": Access(Right.IMPORT_HOUSES),
    "estates:import_template": Access(Right.IMPORT_HOUSES),
    "estates:upload_import": Access(Right.IMPORT_HOUSES, post=True),
    "estates:import_batch": Access(Right.IMPORT_HOUSES, pk("batch")),
    "estates:import_progress": Access(Right.IMPORT_HOUSES, pk("batch")),
    "estates:retry_import": Access(Right.IMPORT_HOUSES, pk("batch"), post=True),
    "estates:confirm_import": Access(Right.IMPORT_HOUSES, pk("batch"), post=True),
    # files and notices: what they belong to decides
    "attachments:shown": Access(V, lambda things: {"uuid": things["file"].uuid}, without=404),
    "attachments:thumb": Access(V, lambda things: {"uuid": things["file"].uuid}, without=404),
    "notices:index": Access(ANYONE),
    "notices:bell": Access(ANYONE),
    "notices:read_all": Access(ANYONE, post=True),
    "notices:settings": Access(ANYONE, form=True),
    "notices:open": Access(ANYONE, pk("notice"), own=False),
    # inspections
    "inspections:today": Access(V),
    "inspections:records": Access(V),
    "inspections:records_export": Access(V),
    "inspections:adhoc": Access(Right.START_ADHOC, form=True),
    "inspections:record": Access(V, pk("inspection")),
    "inspections:fill": Access(F, pk("inspection")),
    "inspections:state": Access(F, pk("inspection")),
    "inspections:save_answer": Access(F, pk("inspection"), post=True),
    "inspections:attach_photo": Access(F, pk("inspection"), post=True),
    "inspections:remove_photo": Access(F, pk("inspection"), post=True),
    "inspections:submit_inspection": Access(F, pk("inspection"), post=True),
    "inspections:rectifications": Access(V),
    "inspections:rectifications_export": Access(V),
    "inspections:rectification": Access(V, pk("rectification")),
    "inspections:submit_rectification": Access(Right.RECTIFY, pk("rectification"), post=True),
    "inspections:pass_recheck": Access(Right.RECHECK, pk("rectification"), post=True),
    "inspections:fail_recheck": Access(Right.RECHECK, pk("rectification"), post=True),
    "inspections:assign": Access(Right.RECTIFY, pk("rectification"), post=True),
    "inspections:ask_extension": Access(Right.ASK_EXTENSION, pk("rectification"), post=True),
    "inspections:decide_extension": Access(Right.DECIDE_EXTENSION, pk("extension"), post=True),
    "inspections:schedules": Access(V),
    "inspections:coverage": Access(V),
    "inspections:coverage_cell": Access(V),
    "inspections:coverage_cell_export": Access(V),
    "inspections:coverage_export": Access(V, absent=True),
    "inspections:credibility": Access(Right.VIEW_CREDIBILITY),
    "inspections:credibility_export": Access(Right.VIEW_CREDIBILITY),
    "inspections:discrepancies": Access(Right.VIEW_CREDIBILITY),
    "inspections:discrepancies_export": Access(Right.VIEW_CREDIBILITY),
    "inspections:repeats": Access(V),
    "inspections:repeats_export": Access(V),
    "inspections:form_pdf": Access(V, pk("submitted")),
    "inspections:report": Access(V, pk("submitted")),
    "inspections:report_pdf": Access(V, pk("submitted")),
    "inspections:rounds": Access(V),
    "inspections:rounds_export": Access(V),
    "inspections:round_report": Access(V, round_of),
    "inspections:round_report_pdf": Access(V, round_of),
    # reports
    "reports:home": Access(ANYONE),
    "reports:bulletins": Access(Right.VIEW_BULLETINS),
    "reports:bulletin": Access(Right.VIEW_BULLETINS, pk("issued")),
    "reports:figure_rows": Access(Right.VIEW_BULLETINS, lambda things: {"pk": things["issued"].pk, "figure": "due"}),
    "reports:figure_export": Access(Right.VIEW_BULLETINS, lambda things: {"pk": things["issued"].pk, "figure": "due"}),
    "reports:edit_bulletin": Access(Right.EDIT_BULLETIN, pk("draft"), form=True),
    "reports:refresh_bulletin": Access(Right.EDIT_BULLETIN, pk("draft"), post=True),
    "reports:issue_bulletin": Access(Right.ISSUE_BULLETIN, pk("draft"), post=True),
    "reports:revise_bulletin": Access(Right.EDIT_BULLETIN, pk("issued"), post=True),
    "reports:bulletin_pdf": Access(Right.VIEW_BULLETINS, pk("issued")),
    "reports:draft_bulletin": Access(Right.EDIT_BULLETIN, form=True),
    "reports:weekly": Access(Right.VIEW_WEEKLY),
    "reports:weekly_sheet": Access(Right.VIEW_WEEKLY, pk("weekly")),
    "reports:weekly_rows": Access(Right.VIEW_WEEKLY, figure_of_week),
    "reports:weekly_rows_export": Access(Right.VIEW_WEEKLY, figure_of_week),
    "reports:edit_weekly": Access(Right.EDIT_WEEKLY, pk("weekly"), post=True),
    "reports:weekly_pdf": Access(Right.VIEW_WEEKLY, pk("weekly")),
    "reports:weekly_xlsx": Access(Right.VIEW_WEEKLY, pk("weekly")),
    # complaints: the list, the record and its verbs, the events
    "complaints:cases": Access(Right.VIEW_CASES),
    "complaints:cases_export": Access(Right.VIEW_CASES),
    "complaints:case": Access(Right.VIEW_CASES, pk("case")),
    "complaints:take": Access(Right.REGISTER_CASE, pk("case"), post=True),
    "complaints:transfer": Access(Right.TRANSFER_CASE, pk("case"), post=True),
    "complaints:accept": Access(Right.HANDLE_CASE, pk("case"), post=True),
    "complaints:arrive": Access(Right.HANDLE_CASE, pk("case"), post=True),
    "complaints:pause": Access(Right.HANDLE_CASE, pk("case"), post=True),
    "complaints:resume": Access(Right.HANDLE_CASE, pk("case"), post=True),
    "complaints:report": Access(Right.HANDLE_CASE, pk("case"), post=True),
    "complaints:ask_extension": Access(Right.HANDLE_CASE, pk("case"), post=True),
    "complaints:decide_extension": Access(Right.EXTEND_CASE, pk("case_extension"), post=True),
    "complaints:answer": Access(Right.ANSWER_CASE, pk("case"), post=True),
    "complaints:promise": Access(Right.ANSWER_CASE, pk("case"), post=True),
    "complaints:judge": Access(Right.JUDGE_CASE, pk("case"), post=True),
    "complaints:grade": Access(Right.JUDGE_CASE, pk("case"), post=True),
    "complaints:explain": Access(Right.ANSWER_CASE, pk("case"), post=True),
    "complaints:close": Access(Right.ANSWER_CASE, pk("case"), post=True),
    "complaints:call_attempt": Access(Right.CALL_BACK, pk("case"), post=True),
    "complaints:callback": Access(Right.CALL_BACK, pk("case"), post=True),
    "complaints:close_unreachable": Access(Right.CALL_BACK, pk("case"), post=True),
    "complaints:reopen": Access(Right.JUDGE_CASE, pk("case"), post=True),
    "complaints:sign": Access(Right.ANSWER_CASE, pk("case"), post=True),
    # Cashier and archivist may reveal, but see no case.
    "complaints:reveal": Access(Right.REVEAL_PERSONAL, pk("case"), post=True, absent=True),
    "complaints:tie": Access(Right.TIE_EVENT, pk("case"), post=True),
    "complaints:open_event": Access(Right.TIE_EVENT, pk("case"), post=True),
    "complaints:untie": Access(Right.TIE_EVENT, pk("case"), post=True),
    "complaints:decline_event": Access(Right.TIE_EVENT, pk("case"), post=True),
    "complaints:events": Access(Right.VIEW_CASES),
    "complaints:event": Access(Right.VIEW_CASES, pk("event")),
    "complaints:answer_event": Access(Right.TIE_EVENT, pk("event"), post=True),
    "complaints:tie_more": Access(Right.TIE_EVENT, pk("event"), post=True),
    # complaints: the codes, and the public pages behind them, which show one's own case only
    "complaints:codes": Access(Right.MAKE_CODES),
    "complaints:make_code": Access(Right.MAKE_CODES, post=True),
    "complaints:end_code": Access(Right.MAKE_CODES, pk("code"), post=True),
    "complaints:print_codes": Access(Right.MAKE_CODES),
    "complaints:report_form": Access(PUBLIC, lambda things: {"signed": CODES.sign(things["code"].key)}),
    "complaints:report_progress": Access(PUBLIC, scanned),
    "complaints:rate_case": Access(PUBLIC, scanned, post=True),
    # complaints: intake, the callback desk, visits
    "complaints:register": Access(Right.REGISTER_CASE, form=True),
    "complaints:callers": Access(Right.REGISTER_CASE),
    "complaints:recent": Access(Right.REGISTER_CASE),
    "complaints:callbacks": Access(Right.CALL_BACK),
    "complaints:desk": Access(Right.CALL_BACK, pk("to_call")),
    "complaints:desk_callback": Access(Right.CALL_BACK, pk("to_call"), post=True),
    "complaints:desk_attempt": Access(Right.CALL_BACK, pk("to_call"), post=True),
    "complaints:desk_close": Access(Right.CALL_BACK, pk("to_call"), post=True),
    "complaints:visits": Access(Right.VIEW_CASES),
    "complaints:visits_export": Access(Right.VIEW_CASES),
    "complaints:plan_visit": Access(Right.VISIT_CUSTOMERS, form=True),
    "complaints:visit": Access(Right.VIEW_CASES, pk("visit")),
    "complaints:record_visit": Access(Right.VISIT_CUSTOMERS, pk("visit"), post=True),
    "complaints:cancel_visit": Access(Right.VISIT_CUSTOMERS, pk("visit"), post=True),
    "complaints:case_from_point": Access(Right.VISIT_CUSTOMERS, pk("point"), post=True),
    # handover: batches, their board, slots and owner lists
    "handover:batches": Access(Right.VIEW_HANDOVER),
    "handover:create_batch": Access(Right.MANAGE_BATCH, form=True),
    "handover:list_template": Access(Right.MANAGE_BATCH),
    "handover:batch": Access(Right.VIEW_HANDOVER, pk("handover_batch")),
    "handover:open_batch": Access(Right.MANAGE_BATCH, pk("handover_batch"), post=True),
    "handover:close_batch": Access(Right.MANAGE_BATCH, pk("handover_batch"), post=True),
    "handover:board": Access(Right.VIEW_HANDOVER, pk("handover_batch")),
    "handover:slots": Access(Right.MANAGE_BATCH, pk("handover_batch")),
    "handover:add_slots": Access(Right.MANAGE_BATCH, pk("handover_batch"), post=True),
    "handover:change_slot": Access(Right.MANAGE_BATCH, pk("slot"), post=True),
    "handover:lists": Access(Right.MANAGE_BATCH, pk("handover_batch")),
    "handover:upload_list": Access(Right.MANAGE_BATCH, pk("handover_batch"), post=True),
    "handover:list": Access(Right.MANAGE_BATCH, pk("owner_list")),
    "handover:list_progress": Access(Right.MANAGE_BATCH, pk("owner_list")),
    "handover:retry_list": Access(Right.MANAGE_BATCH, pk("owner_list"), post=True),
    # handover: the reports of a batch
    "handover:reports": Access(Right.VIEW_HANDOVER),
    "handover:daily": Access(Right.VIEW_HANDOVER, pk("handover_batch")),
    "handover:daily_pdf": Access(Right.VIEW_HANDOVER, pk("handover_batch")),
    "handover:daily_xlsx": Access(Right.VIEW_HANDOVER, pk("handover_batch")),
    "handover:summary": Access(Right.VIEW_HANDOVER, pk("handover_batch")),
    "handover:summary_pdf": Access(Right.VIEW_HANDOVER, pk("handover_batch")),
    "handover:summary_xlsx": Access(Right.VIEW_HANDOVER, pk("handover_batch")),
    "handover:unaccepted": Access(Right.VIEW_HANDOVER, pk("handover_batch")),
    "handover:unaccepted_pdf": Access(Right.VIEW_HANDOVER, pk("handover_batch")),
    "handover:unaccepted_xlsx": Access(Right.VIEW_HANDOVER, pk("handover_batch")),
    # handover: the counter page of one house and its steps
    "handover:house": Access(Right.VIEW_HANDOVER, pk("handover")),
    "handover:arrive": Access(Right.HANDLE_STEP, pk("handover"), post=True),
    "handover:appoint": Access(Right.HANDLE_STEP, pk("handover"), post=True),
    "handover:not_taken": Access(Right.HANDLE_STEP, pk("handover"), post=True),
    "handover:retry": Access(Right.HANDLE_STEP, pk("handover"), post=True),
    "handover:buyer": Access(Right.MANAGE_BATCH, pk("handover"), post=True),
    "handover:reveal": Access(Right.REVEAL_PERSONAL, pk("handover"), post=True, without=403),
    "handover:take_step": Access(Right.HANDLE_STEP, step_of("identity"), post=True),
    "handover:release_step": Access(Right.HANDLE_STEP, step_of("identity"), post=True),
    "handover:finish_step": Access(Right.COLLECT_FEES, step_of("payment"), post=True),
    "handover:documents": Access(Right.HANDLE_STEP, pk("handover"), post=True),
    "handover:scan": Access(Right.HANDLE_STEP, pk("handover"), post=True),
    "handover:withdraw_document": Access(Right.HANDLE_STEP, pk("document"), post=True),
    "handover:owner_file": Access(Right.HANDLE_STEP, pk("handover"), post=True),
    # handover: bills, payments, the cashier's sheet and the rates
    "handover:bills": Access(Right.VIEW_HANDOVER),
    "handover:bills_export": Access(Right.VIEW_HANDOVER),
    "handover:bill": Access(Right.VIEW_HANDOVER, pk("bill")),
    "handover:print_bill": Access(Right.VIEW_HANDOVER, pk("bill")),
    "handover:receive_payment": Access(Right.COLLECT_FEES, pk("bill"), post=True),
    "handover:cancel_bill": Access(Right.HANDLE_STEP, pk("bill"), post=True),
    "handover:reverse_payment": Access(Right.COLLECT_FEES, pk("payment"), post=True),
    "handover:receipt": Access(Right.VIEW_HANDOVER, pk("payment")),
    "handover:house_bill": Access(Right.VIEW_HANDOVER, pk("handover")),
    "handover:make_bill": Access(Right.HANDLE_STEP, pk("handover"), post=True),
    "handover:fee_items": Access(Right.VIEW_HANDOVER),
    "handover:bill_houses": Access(Right.VIEW_HANDOVER, pk("month_bill")),
    "handover:bills_due": Access(Right.VIEW_HANDOVER),
    "handover:bills_due_export": Access(Right.VIEW_HANDOVER),
    "handover:make_bills_due": Access(Right.MAKE_BILLS, post=True),
    "handover:choose_bill_house": Access(Right.MAKE_BILLS),
    "handover:house_bills": Access(Right.VIEW_HANDOVER, pk("house")),
    "handover:make_next_bill": Access(Right.MAKE_BILLS, pk("house"), post=True),
    "handover:begin_bills": Access(Right.MAKE_BILLS, pk("house"), post=True),
    "handover:developer": Access(Right.VIEW_HANDOVER, pk("handover_batch")),
    "handover:make_developer_bill": Access(Right.MAKE_BILLS, pk("handover_batch"), post=True),
    "handover:cash_sheet": Access(Right.VIEW_HANDOVER),
    "handover:cash_sheet_pdf": Access(Right.VIEW_HANDOVER),
    "handover:cash_sheet_xlsx": Access(Right.VIEW_HANDOVER),
    # handover: defects of a house, builders and their page, keys
    "handover:house_defects": Access(Right.VIEW_HANDOVER, pk("handover")),
    "handover:register_defect": Access(Right.INSPECT_HOUSE, pk("handover"), post=True),
    "handover:defects": Access(Right.VIEW_HANDOVER),
    "handover:defects_export": Access(Right.VIEW_HANDOVER),
    "handover:defect": Access(Right.VIEW_HANDOVER, pk("defect")),
    "handover:assign_defect": Access(Right.INSPECT_HOUSE, pk("defect"), post=True),
    "handover:pin_defect": Access(Right.INSPECT_HOUSE, pk("defect"), post=True),
    "handover:fix_defect": Access(Right.INSPECT_HOUSE, pk("defect"), post=True),
    "handover:recheck_defect": Access(Right.INSPECT_HOUSE, pk("defect"), post=True),
    "handover:reject_defect": Access(Right.INSPECT_HOUSE, pk("defect"), post=True),
    "handover:confirm_defect": Access(Right.INSPECT_HOUSE, pk("defect"), post=True),
    "handover:waive_defect": Access(Right.INSPECT_HOUSE, pk("defect"), post=True),
    "handover:plans": Access(Right.VIEW_HANDOVER),
    "handover:add_plan": Access(Right.KEEP_PLANS, post=True),
    "handover:plan": Access(Right.VIEW_HANDOVER, pk("plan")),
    "handover:rename_plan": Access(Right.KEEP_PLANS, pk("plan"), post=True),
    "handover:replace_plan": Access(Right.KEEP_PLANS, pk("plan"), post=True),
    "handover:remove_plan": Access(Right.KEEP_PLANS, pk("plan"), post=True),
    "handover:assign_plan": Access(Right.KEEP_PLANS, pk("plan"), post=True),
    "handover:unassign_plan": Access(Right.KEEP_PLANS, pk("plan"), post=True),
    "handover:builders": Access(Right.INSPECT_HOUSE),
    "handover:add_builder": Access(Right.INSPECT_HOUSE, post=True),
    "handover:change_builder": Access(Right.INSPECT_HOUSE, pk("builder"), post=True),
    "handover:renew_builder": Access(Right.INSPECT_HOUSE, pk("builder"), post=True),
    "handover:builder_list": Access(Right.INSPECT_HOUSE, pk("builder")),
    "handover:builder_page": Access(PUBLIC, of_builder),
    "handover:builder_page_list": Access(PUBLIC, of_builder),
    "handover:builder_photo": Access(PUBLIC, lambda things: {**of_builder(things), "uuid": things["fault_photo"].uuid}),
    "handover:builder_plan": Access(PUBLIC, lambda things: {**of_builder(things), "uuid": things["plan_picture"].uuid}),
    "handover:builder_fix": Access(PUBLIC, lambda things: {**of_builder(things), **pk("defect")(things)}, post=True),
    "handover:house_keys": Access(Right.VIEW_HANDOVER, pk("handover")),
    "handover:register_keys": Access(Right.MOVE_KEYS, pk("handover"), post=True),
    "handover:hand_keys": Access(Right.MOVE_KEYS, pk("handover"), post=True),
    "handover:keys": Access(Right.VIEW_HANDOVER),
    "handover:keys_export": Access(Right.VIEW_HANDOVER),
    "handover:hand_key": Access(Right.MOVE_KEYS, pk("key"), post=True),
    "handover:keep_key": Access(Right.MOVE_KEYS, pk("key"), post=True),
    "handover:lend_key": Access(Right.MOVE_KEYS, pk("key"), post=True),
    "handover:return_key": Access(Right.MOVE_KEYS, pk("key"), post=True),
    # handover: papers that are signed, of a house's steps and of a move-in
    "handover:sign": Access(Right.HANDLE_STEP, step_of("safety"), form=True),
    "handover:paper": Access(Right.VIEW_HANDOVER, step_of("safety")),
    "handover:paper_set": Access(Right.VIEW_HANDOVER, pk("handover")),
    "handover:sign_move_in": Access(Right.MOVE_IN, signed_for_move_in, form=True),
    "handover:move_in_paper": Access(Right.VIEW_HANDOVER, signed_for_move_in),
    # handover: move-in of owners and tenants
    "handover:move_ins": Access(Right.VIEW_HANDOVER),
    "handover:move_ins_export": Access(Right.VIEW_HANDOVER),
    "handover:choose_move_in_house": Access(Right.MOVE_IN),
    "handover:register_move_in": Access(Right.MOVE_IN, pk("house"), form=True),
    "handover:move_in": Access(Right.VIEW_HANDOVER, pk("tenancy")),
    "handover:confirm_tenant": Access(Right.MOVE_IN, pk("tenancy"), post=True),
    "handover:add_lease": Access(Right.MOVE_IN, pk("tenancy"), post=True),
    "handover:complete_move_in": Access(Right.MOVE_IN, pk("tenancy"), post=True),
    "handover:watch_fees": Access(Right.COLLECT_FEES, pk("tenancy"), post=True),
    "handover:end_move_in": Access(Right.MOVE_IN, pk("tenancy"), post=True),
    "handover:move_in_notice": Access(Right.VIEW_HANDOVER, pk("tenancy"), absent=True),
    # handover: goods release and the gate
    "handover:passes": Access(Right.VIEW_HANDOVER),
    "handover:passes_export": Access(Right.VIEW_HANDOVER),
    "handover:choose_pass_house": Access(Right.MAKE_PASS),
    "handover:make_pass": Access(Right.MAKE_PASS, pk("house"), form=True),
    "handover:pass": Access(Right.VIEW_HANDOVER, pk("pass")),
    "handover:decide_pass": Access(Right.DECIDE_PASS, pk("pass"), post=True),
    "handover:cancel_pass": Access(Right.MAKE_PASS, pk("pass"), post=True),
    "handover:use_pass": Access(Right.CHECK_PASS, pk("pass"), post=True),
    "handover:pass_pdf": Access(Right.VIEW_HANDOVER, pk("pass")),
    "handover:pass_qr": Access(Right.VIEW_HANDOVER, pk("pass")),
    "handover:gate": Access(Right.CHECK_PASS),
}


def urls_of_the_resolver() -> dict[str, str]:
    """Name → pattern of everything outside /admin/, which has its own table (the registry)."""

    def walk(patterns, namespace: str, prefix: str):
        for entry in patterns:
            if hasattr(entry, "url_patterns"):
                inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
                if entry.namespace != "admin":
                    yield from walk(entry.url_patterns, inner, prefix + str(entry.pattern))
            else:
                yield f"{namespace}{entry.name}", prefix + str(entry.pattern)

    return dict(walk(get_resolver().url_patterns, "", ""))


def test_every_url_is_in_the_table_and_nothing_else_is():
    assert set(urls_of_the_resolver()) == set(TABLE)


@pytest.fixture
def at_estate(cast, settings, tmp_path, monkeypatch) -> Callable[[Estate, User], Things]:
    """Everything a URL can be about, at one estate."""
    settings.MEDIA_ROOT = str(tmp_path)
    # Who may have a PDF is asked here, not what is in it: that takes a second each and has its own tests.
    monkeypatch.setattr("foundation.pdf.rendering.HTML", NoLayout)
    return builder(cast)


def builder(cast: Cast) -> Callable[[Estate, User], Things]:
    def build(estate: Estate, inspector: User) -> Things:
        building = Building.objects.create(estate=estate, name="1幢")
        house = House.objects.create(estate=estate, building=building, number="101", code="1幢101", area=88)
        schedule = Schedule.objects.create(
            code=f"daily-{estate.code.lower()}",
            name="每日",
            checklist=make_version().checklist,
            tier="estate",
            frequency="day",
            starts_on=TODAY,
        )
        schedule.nodes.set([estate])
        scheduled = make_inspection(estate, schedule=schedule)
        rectification = make_rectification(estate, by=inspector, code="photo")
        extension = Extension.objects.create(
            rectification=rectification, reason="等备件", due_on=date(2026, 12, 1), asked_at=day(), asked_by=inspector
        )
        submitted = make_inspection(estate)
        answer_all(submitted, by=inspector)
        submit(submitted, by=inspector)
        case, event = some_cases(estate, house, inspector)
        send(to=[inspector], title="给别人的", at=day(), key=f"access:{estate.pk}")
        return {
            "estate": estate,
            "house": house,
            "owner": Owner.objects.create(house=house, name="王某", phone="13800001111", since=TODAY),
            "tenant": Tenant.objects.create(house=house, name="租某", phone="13800002222", since=TODAY),
            "batch": ImportBatch.objects.create(
                estate=estate, filename="业主清册.xlsx", rows="[]", uploaded_by=cast.administrator, uploaded_at=day()
            ),
            "schedule": schedule,
            "scheduled": scheduled,
            "inspection": make_inspection(estate, on=timezone.localdate()),
            "submitted": submitted,
            "rectification": rectification,
            "extension": extension,
            "file": attach(owner=submitted, slot="item:1", upload=photo(), by=inspector, at=day()),
            "notice": Notice.objects.filter(user=inspector).latest("pk"),
            "weekly": WeeklySheet.objects.create(
                node=estate,
                friday=date(2026, 10, 30),
                figures=count_week(estate, Week(date(2026, 10, 30)), day()),
                computed_at=day(),
            ),
            **of_the_desk(house, cast.estate_manager if estate == cast.estate_a1 else cast.foreign_manager),
            **(hall := of_the_hall(cast, house)),
            **of_the_round(hall["handover"], cast.estate_manager if estate == cast.estate_a1 else cast.foreign_manager),
            **of_the_till(cast, house),
            "case": case,
            "case_extension": CaseExtension.objects.get(case=case),
            "event": event,
            "code": ReportCode.objects.create(estate=estate, made_at=day(), made_by=inspector),
            "draft": draft_bulletin(node=estate, month=Month(date(2026, 10, 1)), by=None, at=day()),
            "issued": issue_bulletin(
                bulletin=draft_bulletin(node=estate, month=Month(date(2026, 9, 1)), by=None, at=day()),
                by=cast.group_supervisor,
                at=day(),
            ),
        }

    return build


def of_the_desk(house: House, manager: User) -> Things:
    """A case to be called back, one whose owner may rate it, a planned visit, and a point of one that was made."""
    standard_policy()
    caller = Caller(house=house, name="王某", phone="13800001111")
    reported = register_case(
        estate=house.estate, caller=caller, channel="scan", kind="repair", text="路灯不亮", by=None, at=day()
    )
    plan = {"house": house, "visitor": manager, "by": manager, "at": day(), "planned_on": TODAY, "mode": "face"}
    made = visiting.record_visit(
        visit=visiting.plan_visit(**plan), by=manager, at=day(), visited="王某", satisfaction=4, points=["楼道灯不亮"]
    )
    return {
        "to_call": register_case(
            estate=house.estate,
            caller=caller,
            channel="phone",
            kind="need",
            text="希望代收快递",
            answer="已代收",
            by=manager,
            at=day(),
        ),
        "scanned": answer_customer(case=reported, by=manager, at=day(), answer="已经修好", settled=True),
        "visit": visiting.plan_visit(**plan),
        "point": made.points.get(),
    }


def of_the_hall(cast, house: House) -> Things:
    """A batch with one house whose owner is there, a slot, and an owner list that a worker has not read yet."""
    batch = make_batch(cast, houses=[house], at=day())
    by = cast.estate_manager if house.estate == cast.estate_a1 else cast.foreign_manager
    handover = arrive(handover=batch.handovers.get(), by=by, at=day())
    sign_paper(handover, "safety", by=by, at=day())
    tenancy = make_tenancy(cast, house=house)
    sign_tenancy(tenancy, "tenant_file", by=by, at=day())
    return {
        "handover_batch": batch,
        "handover": handover,
        "tenancy": tenancy,
        "pass": make_release(house, by),
        "document": handover.documents.first(),
        "slot": Slot.objects.create(batch=batch, starts_at=day(hour=9), ends_at=day(hour=10), capacity=5),
        "owner_list": OwnerList.objects.create(
            batch=batch, filename="交付名单.xlsx", uploaded_by=by, uploaded_at=day(), asked_at=day()
        ),
    }


def of_the_round(handover: Handover, by: User) -> Things:
    """A defect with its photo and pin that a builder is to mend, and a key that lies in the office."""
    builder = add_builder(estate=handover.estate, name="锦建装饰", trades=["墙面"], by=by, at=day())
    plan = make_plan(handover.house, by=by, at=day())
    defect = register_defect(
        handover=handover, room="主卧", trade="墙面", fault="空鼓", by=by, at=day(), spot=spot_on(plan, 0.25, 0.4)
    )
    return {
        "builder": builder,
        "plan": plan,
        "plan_picture": pictures_of([plan.pk])[plan.pk],
        "defect": defect,
        "fault_photo": attach(owner=defect, slot="before", upload=photo(), by=by, at=day()),
        "key": register_keys(house=handover.house, kind="entry", labels=[f"{handover.estate.code}-1"], by=by, at=day())[
            0
        ],
    }


def of_the_till(cast, house: House) -> Things:
    """The developer's bill for the months before the handover, half paid; the owner's can be made."""
    by = cast.estate_manager if house.estate == cast.estate_a1 else cast.foreign_manager
    item = fee_items(house.estate)[0]
    bill = Bill.objects.create(
        number=f"ZD-{house.estate.code}-202611-9001", estate=house.estate, house=house, payer="developer",
        payer_name="锦城置业有限公司", starts_on=TODAY, ends_on=TODAY, total=200, made_at=day(), made_by=by,
    )  # fmt: skip
    BillLine.objects.create(
        bill=bill, item=item, name=item.name, basis=item.basis, quantity=80, rate=item.rate, amount=200
    )
    month_bill = Bill.objects.create(
        number=f"ZD-{house.estate.code}-202611-9002", estate=house.estate, batch=house.handovers.get().batch,
        payer="developer", payer_name="锦城置业有限公司", starts_on=TODAY, ends_on=TODAY, total=0, made_at=day(), made_by=by,
    )  # fmt: skip
    payment = Payment.objects.create(
        bill=bill, estate=house.estate, amount=100, method="cash", receipt="9001", cashier=by, at=timezone.now(),
        client_key=uuid4(),
    )  # fmt: skip
    return {"bill": bill, "month_bill": month_bill, "payment": payment}


def some_cases(estate: Estate, house: House, by: User) -> tuple[Case, Event]:
    """A complaint in work whose handler asks for more time, another that may be of the same event, a third one tied."""
    standard_policy()
    event = Event.objects.create(
        number=f"SJ-{estate.code}-202611-0001", estate=estate, building=house.building, cause="water", title="停水",
        opened_at=day(), opened_by=by,
    )  # fmt: skip
    cases = [
        register_case(
            estate=estate, caller=Caller(house=house, name="王某", phone="13800001111"), channel="phone",
            kind="complaint", text="家里停水了", cause="water", by=by, at=day(hour=hour), transfer_to="engineering",
        )
        for hour in (9, 10, 11)
    ]  # fmt: skip
    ask_extension(case=cases[0], by=by, at=day(), due_at=day(9), reason="等配件")
    Case.objects.filter(pk=cases[2].pk).update(event=event)
    return cases[0], event


def allowed(access: Access, role: Role) -> bool:
    return access.right in (PUBLIC, ANYONE) or role in HOLDERS[Right(access.right)]


class NoLayout:
    """Stands where WeasyPrint's document stands: everything is rendered up to the HTML, nothing is laid out."""

    pages: tuple[()] = ()

    def __init__(self, **_: Any) -> None: ...

    def render(self, **_: Any) -> NoLayout:
        return self

    def copy(self, pages: list[Any]) -> NoLayout:
        return self

    def write_pdf(self, **_: Any) -> bytes:
        return b"%PDF-1.7"


def call(client: Client, name: str, access: Access, things: Things, method: str) -> int:
    """The status of one URL, its effects undone."""
    url = reverse(name, kwargs=access.about(things) if access.about else None)
    with transaction.atomic():
        status = getattr(client, method)(url).status_code
        transaction.set_rollback(True)
    return status


def methods(access: Access) -> list[str]:
    return ["get", "post"] if access.form else ["post"] if access.post else ["get"]


def faults(client: Client, role: Role, own: Things, foreign: Things, *, sees_all: bool) -> Iterator[str]:
    for name, access in TABLE.items():
        if access.right == PUBLIC:
            continue
        for method in methods(access):
            status = call(client, name, access, own, method)
            reached = status < 500 and status not in (401, 403) and (status != 404 or access.absent)
            if access.own and not allowed(access, role) and status != access.without:
                yield f"{method} {name}: without the right answers {status}"
            if access.own and reached != allowed(access, role):
                yield f"{method} {name}: own estate answers {status}"
            if access.about and not (sees_all and access.own):
                status = call(client, name, access, foreign, method)
                if status != 404 and (allowed(access, role) or status != 403):
                    yield f"{method} {name}: foreign estate answers {status}"
        if access.post and call(client, name, access, own, "get") not in (403, 405):
            yield f"{name}: a verb answers GET"


def refusal_of(status: int, request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(status=status)


@dataclass(frozen=True)
class World:
    cast: Cast
    own: Things
    foreign: Things


@pytest.fixture(scope="module")
def shared(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[World]:
    """The cast, with everything at one estate and at a foreign one: built once for all roles, undone after the module."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        patch.setattr(settings, "MEDIA_ROOT", str(tmp_path_factory.mktemp("files")))
        patch.setattr("foundation.pdf.rendering.HTML", NoLayout)
        # Nor what a page of refusal looks like: it is answered some thousand times.
        for status in (403, 404):
            patch.setattr(f"config.urls.handler{status}", partial(refusal_of, status))
        cast = make_cast()
        build = builder(cast)
        yield World(cast, build(cast.estate_a1, cast.engineering), build(cast.estate_b1, cast.foreign_engineering))
        transaction.set_rollback(True)


@pytest.fixture
def world(shared: World, db: None) -> World:
    """As it was built: what the test before it did is undone."""
    return shared


@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_what_is_its_own_and_nothing_else(world, role):
    cast, own, foreign = world.cast, world.own, world.foreign
    user = cast.everyone[role]
    client = cast.client(user)
    wrong = list(faults(client, role, own, foreign, sees_all=cast.group.pk in user.node_ids))
    assert not wrong, "\n".join(wrong)


def test_without_login_every_way_leads_to_the_login_page(world):
    things, wrong = world.own, []
    for name, access in TABLE.items():
        if access.right == PUBLIC:
            continue
        url = reverse(name, kwargs=access.about(things) if access.about else None)
        for method in methods(access):
            response = getattr(Client(), method)(url)
            # A script's fetch is told so in numbers, a person's browser is led to the login page.
            led = response.status_code == 302 and response["Location"].startswith(reverse("account_login"))
            if not led and response.status_code != 401:
                wrong.append(f"{method} {name}: {response.status_code}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", list(Role))
def test_the_admin_is_for_administrators(world, role):
    client = world.cast.client(world.cast.everyone[role])
    wrong = []
    for name in [
        "admin:index",
        *(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry),
    ]:
        response = client.get(reverse(name))
        # A single row's list leads to the row; everyone else is led away from the admin or refused.
        location = response.get("Location", "/login/").split("?")[0]
        entered = response.status_code == 200 or "/login/" not in location
        if entered != (role == Role.ADMINISTRATOR):
            wrong.append(f"{name}: {response.status_code}")
    assert not wrong, "\n".join(wrong)


def test_a_bulletin_of_the_group_is_not_an_estates(world):
    cast = world.cast
    bulletin = draft_bulletin(node=cast.group, month=Month(date(2026, 10, 1)), by=None, at=day())
    assert Bulletin.objects.visible_to(cast.group_supervisor).filter(pk=bulletin.pk).exists()
    for person in (cast.estate_manager, cast.branch_supervisor):
        assert cast.client(person).get(reverse("reports:bulletin", args=[bulletin.pk])).status_code == 404
