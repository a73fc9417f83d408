"""`{% for block in text|paper_blocks %}`: the text of a paper that is signed, as templates show it."""

from django import template

from foundation.signatures.texts import Block, blocks

register = template.Library()


@register.filter
def paper_blocks(text: str) -> list[Block]:
    return list(blocks(text))
