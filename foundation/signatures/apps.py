from django.apps import AppConfig


class SignaturesConfig(AppConfig):
    name = "foundation.signatures"
    verbose_name = "签名"

    def ready(self) -> None:
        from foundation.journal import verbs

        verbs.register({"signature.sign": "签名"}, names={"paper": "文件", "signer": "签名人"})
