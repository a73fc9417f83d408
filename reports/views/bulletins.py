from django.http import HttpRequest, HttpResponse


def listing(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def record(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def figure_rows(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def edit_bulletin(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def refresh_bulletin(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def issue_bulletin(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def revise_bulletin(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def bulletin_pdf(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def draft_bulletin(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)

