from django.urls import path

from complaints.views import callbacks, cases, codes, events, intake, reporting, verbs, visits

app_name = "complaints"
urlpatterns = [
    # The list and the record.
    path("", cases.listing, name="cases"),
    path("export/", cases.export, name="cases_export"),
    path("<int:pk>/", cases.record, name="case"),
    # Its verbs.
    path("<int:pk>/take/", verbs.take, name="take"),
    path("<int:pk>/transfer/", verbs.transfer, name="transfer"),
    path("<int:pk>/accept/", verbs.accept, name="accept"),
    path("<int:pk>/arrive/", verbs.arrive, name="arrive"),
    path("<int:pk>/pause/", verbs.pause, name="pause"),
    path("<int:pk>/resume/", verbs.resume, name="resume"),
    path("<int:pk>/report/", verbs.report, name="report"),
    path("<int:pk>/extension/", verbs.ask_extension, name="ask_extension"),
    path("extensions/<int:pk>/decide/", verbs.decide_extension, name="decide_extension"),
    path("<int:pk>/answer/", verbs.answer, name="answer"),
    path("<int:pk>/promise/", verbs.promise, name="promise"),
    path("<int:pk>/judge/", verbs.judge, name="judge"),
    path("<int:pk>/grade/", verbs.grade, name="grade"),
    path("<int:pk>/explain/", verbs.explain, name="explain"),
    path("<int:pk>/close/", verbs.close, name="close"),
    path("<int:pk>/call-attempt/", verbs.call_attempt, name="call_attempt"),
    path("<int:pk>/callback/", verbs.callback, name="callback"),
    path("<int:pk>/close-unreachable/", verbs.close_unreachable, name="close_unreachable"),
    path("<int:pk>/reopen/", verbs.reopen, name="reopen"),
    path("<int:pk>/sign/", verbs.sign, name="sign"),
    path("<int:pk>/reveal/", verbs.reveal, name="reveal"),
    # 同一事件
    path("<int:pk>/tie/", verbs.tie, name="tie"),
    path("<int:pk>/open-event/", verbs.open_event, name="open_event"),
    path("<int:pk>/untie/", verbs.untie, name="untie"),
    path("<int:pk>/decline-event/", verbs.decline_event, name="decline_event"),
    path("events/", events.listing, name="events"),
    path("events/<int:pk>/", events.record, name="event"),
    path("events/<int:pk>/answer/", events.answer, name="answer_event"),
    path("events/<int:pk>/tie/", events.tie_more, name="tie_more"),
    # Intake.
    path("register/", intake.register, name="register"),
    path("register/callers/", intake.callers, name="callers"),
    path("register/recent/", intake.recent, name="recent"),
    # 回访
    path("callbacks/", callbacks.listing, name="callbacks"),
    path("callbacks/<int:pk>/", callbacks.desk, name="desk"),
    path("callbacks/<int:pk>/answered/", callbacks.desk_callback, name="desk_callback"),
    path("callbacks/<int:pk>/attempt/", callbacks.desk_attempt, name="desk_attempt"),
    path("callbacks/<int:pk>/close/", callbacks.desk_close, name="desk_close"),
    # 扫码报事: the codes, and the public pages behind them.
    path("codes/", codes.listing, name="codes"),
    path("codes/make/", codes.make, name="make_code"),
    path("codes/<int:pk>/end/", codes.end, name="end_code"),
    path("codes/codes.pdf", codes.print_codes, name="print_codes"),
    path("scan/<str:signed>/", reporting.report_form, name="report_form"),
    path("scan/case/<str:signed>/", reporting.report_progress, name="report_progress"),
    path("scan/case/<str:signed>/rate/", reporting.rate, name="rate_case"),
    # 客户访问
    path("visits/", visits.listing, name="visits"),
    path("visits/export/", visits.export, name="visits_export"),
    path("visits/plan/", visits.plan_visit, name="plan_visit"),
    path("visits/<int:pk>/", visits.record, name="visit"),
    path("visits/<int:pk>/record/", visits.record_visit, name="record_visit"),
    path("visits/<int:pk>/cancel/", visits.cancel_visit, name="cancel_visit"),
    path("visits/points/<int:pk>/case/", visits.case_from_point, name="case_from_point"),
]
