from django.http import HttpRequest, HttpResponse


def listing(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def export(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def record(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def submit_rectification(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def pass_recheck(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def fail_recheck(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def assign(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def ask_extension(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def decide_extension(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)

