from django.http import HttpRequest, HttpResponse


def today(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def records(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def export(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def adhoc(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def record(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)

