"""Signatures: drawn on the screen or on a scanned paper, each of exactly one text (HND-5).

A signature belongs to a record and to a slot, the name of what is signed there ("keys"). The text is kept with its hash; when
it changes, it is signed again in a new round. Who may read the record's files may see its signatures.
"""
