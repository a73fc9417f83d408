"""One verb, one URL; the name of a verb's URL is the name of its service."""

from django.urls import path

from inspections.views import credibility, filling, outputs, oversight, records, rectifications

app_name = "inspections"

urlpatterns = [
    path("", records.today, name="today"),
    path("records/", records.records, name="records"),
    path("records/export/", records.export, name="records_export"),
    path("adhoc/", records.adhoc, name="adhoc"),
    path("<int:pk>/", records.record, name="record"),
    # 检查执行, also without network
    path("<int:pk>/fill/", filling.fill, name="fill"),
    path("<int:pk>/state/", filling.state, name="state"),
    path("<int:pk>/answers/", filling.save_answer, name="save_answer"),
    path("<int:pk>/photos/", filling.attach_photo, name="attach_photo"),
    path("<int:pk>/photos/remove/", filling.remove_photo, name="remove_photo"),
    path("<int:pk>/submit/", filling.submit_inspection, name="submit_inspection"),
    # 整改
    path("rectifications/", rectifications.listing, name="rectifications"),
    path("rectifications/export/", rectifications.export, name="rectifications_export"),
    path("rectifications/<int:pk>/", rectifications.record, name="rectification"),
    path("rectifications/<int:pk>/submit/", rectifications.submit_rectification, name="submit_rectification"),
    path("rectifications/<int:pk>/pass/", rectifications.pass_recheck, name="pass_recheck"),
    path("rectifications/<int:pk>/fail/", rectifications.fail_recheck, name="fail_recheck"),
    path("rectifications/<int:pk>/assign/", rectifications.assign, name="assign"),
    path("rectifications/<int:pk>/extension/", rectifications.ask_extension, name="ask_extension"),
    path("extensions/<int:pk>/decide/", rectifications.decide_extension, name="decide_extension"),
    # 督导总览
    path("schedules/", oversight.schedules, name="schedules"),
    path("coverage/", oversight.coverage, name="coverage"),
    path("coverage/inspections/", oversight.coverage_cell, name="coverage_cell"),
    path("coverage/inspections/export/", oversight.coverage_cell_export, name="coverage_cell_export"),
    path("coverage/export/", oversight.coverage_export, name="coverage_export"),
    path("credibility/", credibility.credibility, name="credibility"),
    path("credibility/export/", credibility.credibility_export, name="credibility_export"),
    path("credibility/pairs/", credibility.discrepancy_pairs, name="discrepancies"),
    path("credibility/pairs/export/", credibility.discrepancies_export, name="discrepancies_export"),
    path("repeats/", oversight.repeats, name="repeats"),
    path("repeats/export/", oversight.repeats_export, name="repeats_export"),
    # 输出 (INS-15)
    path("<int:pk>/form.pdf", outputs.form_pdf, name="form_pdf"),
    path("<int:pk>/report/", outputs.report, name="report"),
    path("<int:pk>/report.pdf", outputs.report_pdf, name="report_pdf"),
    path("rounds/", outputs.rounds, name="rounds"),
    path("rounds/export/", outputs.rounds_export, name="rounds_export"),
    path("rounds/<int:schedule_pk>/<str:period>/", outputs.round_report, name="round_report"),
    path("rounds/<int:schedule_pk>/<str:period>/report.pdf", outputs.round_report_pdf, name="round_report_pdf"),
]
