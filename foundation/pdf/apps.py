from django.apps import AppConfig


class PdfConfig(AppConfig):
    name = "foundation.pdf"
    verbose_name = "打印"

    def ready(self) -> None:
        from foundation.pdf import checks  # noqa: F401
