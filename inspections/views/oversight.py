from django.http import HttpRequest, HttpResponse


def schedules(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def coverage(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def credibility(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def repeats(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)

