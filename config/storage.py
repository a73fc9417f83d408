"""Static files with the hash of their content in their name."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, MODULE_IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Also renames what our own modules import from each other, so that a release never mixes old and new ones.

    Django does this for all scripts or none (`support_js_module_import_aggregation`); a package's may name files that
    it does not ship.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", MODULE_IMPORTS))
