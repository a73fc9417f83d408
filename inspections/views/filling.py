from django.http import HttpRequest, HttpResponse


def fill(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def state(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def save_answer(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def attach_photo(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)


def submit_inspection(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=501)

