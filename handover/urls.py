from django.urls import path

from handover.views import batches, bills, cashier, houses, signing

app_name = "handover"
urlpatterns = [
    # Batches, their board, slots and owner lists.
    path("batches/", batches.listing, name="batches"),
    path("batches/create/", batches.create, name="create_batch"),
    path("batches/list-template/", batches.list_template, name="list_template"),
    path("batches/<int:pk>/", batches.record, name="batch"),
    path("batches/<int:pk>/open/", batches.open_batch, name="open_batch"),
    path("batches/<int:pk>/close/", batches.close_batch, name="close_batch"),
    path("batches/<int:pk>/board/", batches.board, name="board"),
    path("batches/<int:pk>/slots/", batches.slots_page, name="slots"),
    path("batches/<int:pk>/slots/add/", batches.add_slots, name="add_slots"),
    path("slots/<int:pk>/", batches.change_slot, name="change_slot"),
    path("batches/<int:pk>/lists/", batches.lists_page, name="lists"),
    path("batches/<int:pk>/lists/upload/", batches.upload_list, name="upload_list"),
    path("lists/<int:pk>/", batches.list_record, name="list"),
    path("lists/<int:pk>/progress/", batches.list_progress, name="list_progress"),
    path("lists/<int:pk>/retry/", batches.retry_list, name="retry_list"),
    # The counter page of one house and its steps.
    path("houses/<int:pk>/", houses.house, name="house"),
    path("houses/<int:pk>/arrive/", houses.arrive, name="arrive"),
    path("houses/<int:pk>/appoint/", houses.appoint, name="appoint"),
    path("houses/<int:pk>/not-taken/", houses.not_taken, name="not_taken"),
    path("houses/<int:pk>/retry/", houses.retry, name="retry"),
    path("houses/<int:pk>/buyer/", houses.buyer, name="buyer"),
    path("houses/<int:pk>/reveal/", houses.reveal, name="reveal"),
    path("houses/<int:pk>/steps/<slug:kind>/take/", houses.take_step, name="take_step"),
    path("houses/<int:pk>/steps/<slug:kind>/release/", houses.release_step, name="release_step"),
    path("houses/<int:pk>/steps/<slug:kind>/finish/", houses.finish_step, name="finish_step"),
    path("houses/<int:pk>/documents/", houses.documents, name="documents"),
    path("houses/<int:pk>/scan/", houses.scan, name="scan"),
    path("documents/<int:pk>/withdraw/", houses.withdraw_document, name="withdraw_document"),
    path("houses/<int:pk>/owner-file/", houses.owner_file, name="owner_file"),
    # Papers that are signed.
    path("houses/<int:pk>/sign/<str:kind>/", signing.sign, name="sign"),
    path("houses/<int:pk>/paper/<str:kind>.pdf", signing.paper, name="paper"),
    path("move-ins/<int:pk>/sign/<str:code>/", signing.sign_move_in, name="sign_move_in"),
    path("move-ins/<int:pk>/paper/<str:code>.pdf", signing.move_in_paper, name="move_in_paper"),
    # Bills, payments, the cashier's sheet and the rates.
    path("bills/", bills.listing, name="bills"),
    path("bills/<int:pk>/", bills.record, name="bill"),
    path("bills/<int:pk>/bill.pdf", bills.print_bill, name="print_bill"),
    path("bills/<int:pk>/receive/", bills.receive_payment, name="receive_payment"),
    path("bills/<int:pk>/cancel/", bills.cancel_bill, name="cancel_bill"),
    path("payments/<int:pk>/reverse/", bills.reverse_payment, name="reverse_payment"),
    path("payments/<int:pk>/receipt.pdf", bills.receipt, name="receipt"),
    path("houses/<int:pk>/bill/", bills.house_bill, name="house_bill"),
    path("houses/<int:pk>/bill/make/", bills.make_bill, name="make_bill"),
    path("fees/", bills.fee_items, name="fee_items"),
    path("cash-sheet/", cashier.sheet, name="cash_sheet"),
    path("cash-sheet/sheet.pdf", cashier.sheet_pdf, name="cash_sheet_pdf"),
    path("cash-sheet/sheet.xlsx", cashier.sheet_xlsx, name="cash_sheet_xlsx"),
]
