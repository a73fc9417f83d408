import os
from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from foundation.attachments.models import Attachment
from foundation.attachments.services import prune

from .conftest import picture


def age(files, days: float) -> None:
    moment = (timezone.now() - timedelta(days=days)).timestamp()
    for path in [*files.rglob("*")]:
        os.utime(path, (moment, moment))


def test_old_files_without_a_row_are_deleted_and_others_kept(attach, files, capsys):
    kept, lost = attach(picture()), attach(picture(), "b.jpg")
    Attachment.objects.filter(pk=lost.pk).delete()
    age(files, 1.1)
    call_command("prune_attachments")
    assert "删除无主文件 1 组" in capsys.readouterr().out
    assert len(list(files.rglob("original.jpg"))) == 1
    assert kept.original.storage.exists(kept.original.name)
    assert prune(at=timezone.now()) == 0


def test_young_files_may_belong_to_a_running_transaction(attach, files):
    attach(picture()).delete()
    age(files, 0.9)
    assert prune(at=timezone.now()) == 0
    assert list(files.rglob("original.jpg"))


def test_no_files_at_all_is_nothing_to_do(db):
    assert prune(at=timezone.now()) == 0
