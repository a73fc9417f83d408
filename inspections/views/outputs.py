from django.http import HttpRequest, HttpResponse


def form_pdf(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def report(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def report_pdf(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def rounds(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def round_report(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def round_report_pdf(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)

