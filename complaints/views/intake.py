"""登记诉求: the form, the caller's search as one types, and what the house has had lately (CMP-1…4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from complaints.forms.intake import MOBILE, IntakeForm, bare_number, plain
from complaints.models import Case
from complaints.services.clocks import with_clocks
from complaints.services.intake import keep_photos, kept_photos, phone_of, register_with_photos
from complaints.services.registering import plain_phone
from estates import search
from estates.access import StaffRequest
from estates.search import Found
from foundation.records.refusals import Refused

# What a caller is asked about: the last quarter, as much as fits beside the form.
LATELY = timedelta(days=90)
RECENT = 12
FOLDED = ("received_at", "promised_at")
SEARCHABLE = {"visit": Right.VISIT_CUSTOMERS}


@needs(Right.REGISTER_CASE)
@require_http_methods(["GET", "POST"])
def register(request: StaffRequest) -> HttpResponse:
    """The form; with htmx, what depends on the estate that was chosen."""
    at = timezone.now()
    if request.method == "POST":
        return _register(request, at)
    given = {name: request.GET[name] for name in ("estate", "caller") if name in request.GET}
    form = IntakeForm(initial=given, user=request.user, place=current_place(request), at=at)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "complaints/_intake_site.html", {"form": form, "swapped": True})
    return _page(request, form, at)


def _register(request: StaffRequest, at: datetime) -> HttpResponse:
    """Photos are kept before anything else is looked at: a browser can't be given them back."""
    form = IntakeForm(request.POST, user=request.user, place=current_place(request), at=at)
    valid = form.is_valid()
    key = form.cleaned_data.get("client_key") or uuid4()
    if first := Case.objects.visible_to(request.user).filter(client_key=key, registered_by=request.user).first():
        return _again(request, form, first, at)
    if photos := request.FILES.getlist("photos"):
        try:
            keep_photos(key=key, photos=photos, by=request.user, at=at)
        except Refused as refused:
            form.add_error(None, refused.sentence)
            valid = False
    if valid:
        try:
            case = register_with_photos(key=key, by=request.user, at=at, **form.case())
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return _done(request, case, f"已登记 {case.number}。")
    return _page(request, form, at, key=key)


def _again(request: StaffRequest, form: IntakeForm, first: Case, at: datetime) -> HttpResponse:
    """The form was sent before. With other words it is another case: it is asked about, and nothing is lost."""
    said = (form.cleaned_data.get("text"), form.cleaned_data.get("kind"), form.found.house.pk if form.found else None)
    if said == (first.text, first.kind, first.house_id):
        return _done(request, first, f"这张表单已经登记为 {first.number}。")
    form.add_error(None, f"刚才的表单已登记为 {first.number}。如果这是另一件事，请再点一次“登记”。")
    return _page(request, form, at, key=uuid4())


def _done(request: StaffRequest, case: Case, words: str) -> HttpResponse:
    messages.success(request, words)
    if "next" in request.POST:
        return redirect(f"{reverse('complaints:register')}?after={case.pk}")
    return redirect("complaints:case", case.pk)


def _page(request: StaffRequest, form: IntakeForm, at: datetime, key: UUID | None = None) -> HttpResponse:
    after = request.GET.get("after", "")
    visible = Case.objects.visible_to(request.user)
    kept = kept_photos(key=key, by=request.user) if key else []
    context = {
        "form": form,
        "key": key or form["client_key"].value(),
        "kept": kept,
        # Who comes from a house's page finds that caller, not the words kept of another.
        "draft": "new" if form.is_bound else form.initial.get("caller") or "new",
        # What is folded away shows when there is something in it.
        "more": kept or request.FILES or any(form[name].value() or form[name].errors for name in FOLDED),
        "after": visible.filter(pk=after, registered_by=request.user).first() if after.isdecimal() else None,
        **_recent(request, form.found, plain(form["caller_phone"].value()), at),
    }
    return render(request, "complaints/register.html", context, status=422 if form.is_bound else 200)


# --- fragments ------------------------------------------------------------------------------------------------------


@needs(Right.REGISTER_CASE)
@require_safe
def callers(request: StaffRequest) -> HttpResponse:
    """Who fits what was typed, at the estates where the user may go on with it. `for=visit`: houses to be visited."""
    text = plain(request.GET.get("q"))
    right = SEARCHABLE.get(request.GET.get("for", ""), Right.REGISTER_CASE)
    estates = request.user.estate_ids_with(right)
    found = [
        one for one in search.callers(request.user, text, place=current_place(request)) if one.estate.pk in estates
    ]
    number = bare_number(text)
    context = {
        "found": found,
        "text": text,
        "phone": number if MOBILE.fullmatch(number) else "",
        "several": len(estates) > 1,
    }
    return render(request, "complaints/_callers.html", context)


@needs(Right.REGISTER_CASE)
@require_safe
def recent(request: StaffRequest) -> HttpResponse:
    """What the chosen house, or the phone that was typed, has had lately."""
    key = plain(request.GET.get("caller"))
    found = search.by_key(request.user, key[:90]) if key else None
    phone = plain(request.GET.get("caller_phone"))
    context = {"swapped": True, **_recent(request, found, phone, timezone.now())}
    return render(request, "complaints/_recent.html", context)


def _recent(request: StaffRequest, found: Found | None, phone: str, at: datetime) -> dict[str, object]:
    """Open ones first; of a found person also what came by their phone, which stays here (ORG-4)."""
    phone = plain_phone(phone or (phone_of(found) if found else ""))
    house_id = found.house.pk if found else None
    cases: list[Case] = []
    if house_id or phone:
        visible = Case.objects.visible_to(request.user).for_lists()
        lately = visible.of_caller(house_id=house_id, phone=phone, since=LATELY, at=at)
        cases = list(lately.open_first()[:RECENT])
    still_open = sum(not case.is_closed for case in cases)
    return {
        "found": found, "asked": bool(found or phone), "rows": with_clocks(cases), "still_open": still_open, "at": at,
    }  # fmt: skip
